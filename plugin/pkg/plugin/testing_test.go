package plugin

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const testToken = "secret-of-the-test"

// received is what a fake Sillage server was asked.
type received struct {
	path   string
	header http.Header
	body   map[string]any
}

// fakeServer answers every call with the same status and body and remembers what it was asked.
func fakeServer(t *testing.T, status int, body string) (*Datasource, *[]received) {
	t.Helper()
	var calls []received
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		call := received{path: r.Method + " " + r.URL.RequestURI(), header: r.Header.Clone()}
		_ = json.Unmarshal(raw, &call.body)
		calls = append(calls, call)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return datasourceAt(t, server.URL), &calls
}

func datasourceAt(t *testing.T, url string) *Datasource {
	t.Helper()
	instance, err := New(context.Background(), backend.DataSourceInstanceSettings{
		URL: url, JSONData: []byte("{}"), DecryptedSecureJSONData: map[string]string{"token": testToken},
	})
	if err != nil {
		t.Fatal(err)
	}
	return instance.(*Datasource)
}

var testRange = backend.TimeRange{From: time.UnixMilli(1_000), To: time.UnixMilli(61_000)}

func query(refID, model string) backend.DataQuery {
	return backend.DataQuery{RefID: refID, JSON: []byte(model), TimeRange: testRange, Interval: time.Minute, MaxDataPoints: 100}
}

func ask(t *testing.T, ds *Datasource, queries ...backend.DataQuery) backend.Responses {
	t.Helper()
	response, err := ds.QueryData(context.Background(), &backend.QueryDataRequest{Queries: queries})
	if err != nil {
		t.Fatal(err)
	}
	return response.Responses
}
