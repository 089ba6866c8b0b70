package plugin

import (
	"context"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

func callResource(t *testing.T, ds *Datasource, method, path, url, body string) (int, string) {
	t.Helper()
	var got *backend.CallResourceResponse
	sender := backend.CallResourceResponseSenderFunc(func(response *backend.CallResourceResponse) error {
		got = response
		return nil
	})
	request := &backend.CallResourceRequest{Method: method, Path: path, URL: url, Body: []byte(body)}
	if err := ds.CallResource(context.Background(), request, sender); err != nil {
		t.Fatal(err)
	}
	return got.Status, string(got.Body)
}

func TestResourcesOfTheListPass(t *testing.T) {
	ds, calls := fakeServer(t, 200, `{"ok":true}`)
	if status, body := callResource(t, ds, "POST", "language/check", "language/check", `{"text":"any"}`); status != 200 || body != `{"ok":true}` {
		t.Errorf("got %d %s", status, body)
	}
	if status, _ := callResource(t, ds, "GET", "/fields", "/fields?group=time", ""); status != 200 {
		t.Errorf("got %d", status)
	}
	if (*calls)[0].path != "POST /api/v1/language/check" || (*calls)[0].body["text"] != "any" || (*calls)[1].path != "GET /api/v1/fields?group=time" {
		t.Errorf("got %+v", *calls)
	}
}

func TestOtherResourcesDoNot(t *testing.T) {
	ds, calls := fakeServer(t, 200, `{}`)
	for _, c := range []struct{ method, path string }{
		{"POST", "query"}, {"GET", "../../metrics"}, {"GET", "fields/../query"}, {"DELETE", "fields"}, {"GET", "%2e%2e/metrics"}, {"GET", ""},
	} {
		if status, body := callResource(t, ds, c.method, c.path, c.path, ""); status != 404 {
			t.Errorf("%s %s: got %d %s", c.method, c.path, status, body)
		}
	}
	if len(*calls) != 0 {
		t.Errorf("the server was asked %+v", *calls)
	}
}

func TestErrorsOfResourcesPass(t *testing.T) {
	ds, _ := fakeServer(t, 400, `{"error":{"code":"REQUEST_INVALID","message":"field: expected a field","hint":"GET fields lists them"}}`)
	want := `{"error":{"code":"REQUEST_INVALID","message":"field: expected a field","hint":"GET fields lists them"}}`
	if status, body := callResource(t, ds, "POST", "values", "values", `{}`); status != 400 || body != want {
		t.Errorf("got %d %s", status, body)
	}
	ds, _ = fakeServer(t, 401, `{"error":{"code":"UNAUTHORIZED","message":"the token is wrong"}}`)
	if status, _ := callResource(t, ds, "GET", "fields", "fields", ""); status != 502 {
		t.Errorf("a 401 of the server must not look like one of Grafana: got %d", status)
	}
}
