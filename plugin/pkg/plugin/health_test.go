package plugin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

func TestHealth(t *testing.T) {
	const up = `{"status":"up","version":"1.2.3"}`
	cases := []struct {
		name         string
		healthStatus int
		health       string
		fieldsStatus int
		fields       string
		want         backend.HealthStatus
		message      string
	}{
		{"all is well", 200, up, 200, `{"fields":[]}`, backend.HealthStatusOk, "Sillage 1.2.3 answers"},
		{"wrong token", 200, `{"status":"up"}`, 401, `{"error":{"code":"UNAUTHORIZED","message":"the token is wrong or has ended"}}`, backend.HealthStatusError, "refused the API token: the token is wrong or has ended (enter a token"},
		{"database down", 503, `{"status":"down"}`, 200, `{}`, backend.HealthStatusError, "its database does not"},
		{"another server", 404, `<html></html>`, 404, ``, backend.HealthStatusError, "not one of a Sillage server (check the URL"},
		{"another server that likes us", 200, `<html></html>`, 200, ``, backend.HealthStatusError, "not one of a Sillage server"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				status, body := c.fieldsStatus, c.fields
				if strings.HasSuffix(r.URL.Path, "/health") {
					status, body = c.healthStatus, c.health
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}))
			defer server.Close()
			got, err := datasourceAt(t, server.URL+"/").CheckHealth(context.Background(), &backend.CheckHealthRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != c.want || !strings.Contains(got.Message, c.message) {
				t.Errorf("got %s %q", got.Status, got.Message)
			}
		})
	}
}

func TestHealthWithoutServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	got, err := datasourceAt(t, server.URL).CheckHealth(context.Background(), &backend.CheckHealthRequest{})
	if err != nil || got.Status != backend.HealthStatusError || !strings.Contains(got.Message, "is it running") {
		t.Errorf("got %v %v", got, err)
	}
}
