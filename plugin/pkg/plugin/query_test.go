package plugin

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const oneFrame = `{"schema":{"meta":{"type":"timeseries-multi","typeVersion":[0,1]},"fields":[
	{"name":"time","type":"time","typeInfo":{"frame":"time.Time"}},
	{"name":"bps","type":"number","typeInfo":{"frame":"float64","nullable":true},"labels":{"proto":"tcp"}}]},
	"data":{"values":[[1000,61000],[8,null]]}}`

func TestQueriesOfOneRangeTravelTogether(t *testing.T) {
	ds, calls := fakeServer(t, 200, `{"results":{"A":{"status":200,"frames":[`+oneFrame+`]},"B":{"status":200,"frames":[]}}}`)
	other := query("C", `{}`)
	other.TimeRange.To = time.UnixMilli(999_000)
	responses := ask(t, ds, query("A", `{"view":"timeseries","refId":"stale"}`), query("B", `{"filter":"proto tcp"}`), other)

	if len(*calls) != 2 {
		t.Fatalf("got %d requests, want one for each of the two ranges", len(*calls))
	}
	for _, call := range *calls {
		if queries := call.body["queries"].([]any); len(queries) == 2 {
			want := []any{
				map[string]any{"refId": "A", "view": "timeseries", "intervalMs": 60_000.0, "maxDataPoints": 100.0, "alert": false},
				map[string]any{"refId": "B", "filter": "proto tcp", "intervalMs": 60_000.0, "maxDataPoints": 100.0, "alert": false},
			}
			if !reflect.DeepEqual(queries, want) || call.body["from"] != 1_000.0 || call.body["to"] != 61_000.0 {
				t.Errorf("got %v", call.body)
			}
		}
		if call.path != "POST /api/v1/query" || call.header.Get("Authorization") != "Bearer "+testToken {
			t.Errorf("got %s with %q", call.path, call.header.Get("Authorization"))
		}
	}
	frame := responses["A"].Frames[0]
	if frame.RefID != "A" || frame.Rows() != 2 || frame.Fields[1].Labels["proto"] != "tcp" || frame.Fields[1].At(1).(*float64) != nil {
		t.Errorf("got frame %v", frame)
	}
	if responses["C"].Error == nil || responses["C"].Status != 502 {
		t.Errorf("a query that the server forgot: got %v", responses["C"])
	}
}

func TestAlertRulesAndCallersAreNamed(t *testing.T) {
	ds, calls := fakeServer(t, 200, `{"results":{}}`)
	_, err := ds.QueryData(context.Background(), &backend.QueryDataRequest{
		PluginContext: backend.PluginContext{User: &backend.User{Login: "ada"}},
		Headers:       map[string]string{"FromAlert": "true", "http_X-Rule-Uid": "r1", "http_X-Dashboard-Uid": "d1", "http_X-Panel-Id": "4", "http_Cookie": "grafana_session=1"},
		Queries:       []backend.DataQuery{query("A", `{}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	call := (*calls)[0]
	if alert := call.body["queries"].([]any)[0].(map[string]any)["alert"]; alert != true {
		t.Errorf("alert: got %v", alert)
	}
	for name, want := range map[string]string{"X-Rule-Uid": "r1", "X-Dashboard-Uid": "d1", "X-Panel-Id": "4", "X-Grafana-User": "ada", "Cookie": ""} {
		if got := call.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAFailedQueryLeavesTheOthers(t *testing.T) {
	ds, _ := fakeServer(t, 200, `{"results":{
		"A":{"status":400,"frames":[],"error":{"code":"FILTER_UNKNOWN_WORD","message":"prot is not a word","hint":"did you mean proto?","position":{"offset":0,"length":4,"line":1,"column":1}}},
		"B":{"status":200,"frames":[`+oneFrame+`]},
		"C":{"status":200,"frames":[{"data":"nonsense"}]},
		"F":{"status":499,"frames":[],"error":{"code":"QUERY_CANCELLED","message":"the query was cancelled"}}}}`)
	responses := ask(t, ds, query("A", `{"filter":"prot tcp"}`), query("B", `{}`), query("C", `{}`), query("D", `[1]`), query("E", `null`), query("F", `{}`))

	wrong := responses["A"]
	if wrong.Status != 400 || wrong.ErrorSource != backend.ErrorSourceDownstream || wrong.Error.Error() != "prot is not a word (did you mean proto?)" {
		t.Errorf("got %d %s %v", wrong.Status, wrong.ErrorSource, wrong.Error)
	}
	if custom := wrong.Frames[0].Meta.Custom.(map[string]any)["error"].(*apiError); custom.Code != "FILTER_UNKNOWN_WORD" || !strings.Contains(string(custom.Position), `"length":4`) {
		t.Errorf("got %+v for the editor", custom)
	}
	if responses["B"].Error != nil || len(responses["B"].Frames) != 1 {
		t.Errorf("got %v for the good query", responses["B"])
	}
	if cancelled := responses["F"]; cancelled.Status != statusCanceled || cancelled.ErrorSource != backend.ErrorSourceDownstream {
		t.Errorf("a cancelled query: got %d %s", cancelled.Status, cancelled.ErrorSource)
	}
	if responses["C"].Status != 502 || responses["D"].Status != 400 || responses["E"].Status != 400 {
		t.Errorf("got %d for frames, %d and %d for models that cannot be read", responses["C"].Status, responses["D"].Status, responses["E"].Status)
	}
}

func TestFailuresOfTheWholeCall(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"wrong token", 401, `{"error":{"code":"UNAUTHORIZED","message":"the token is wrong"}}`, "the Sillage server refused the API token"},
		{"too large", 413, `{"error":{"code":"BODY_TOO_LARGE","message":"the request body is larger than 1 bytes"}}`, "larger than 1 bytes"},
		{"store down", 503, `{"error":{"code":"STORE_UNAVAILABLE","message":"ClickHouse does not answer","hint":"look at its log"}}`, "ClickHouse does not answer (look at its log)"},
		{"another server", 502, `<html>Bad Gateway</html>`, "not one of a Sillage server"},
		{"another server that likes us", 200, `<html>Welcome</html>`, "cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ds, _ := fakeServer(t, c.status, c.body)
			for refID, got := range ask(t, ds, query("A", `{}`), query("B", `{}`)) {
				wantStatus := backend.Status(c.status)
				if c.status == 200 {
					wantStatus = http.StatusBadGateway
				}
				if got.Error == nil || !strings.Contains(got.Error.Error(), c.want) || got.Status != wantStatus || got.ErrorSource != backend.ErrorSourceDownstream {
					t.Errorf("%s: got %d %s %v", refID, got.Status, got.ErrorSource, got.Error)
				}
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	got := ask(t, datasourceAt(t, "http://user:hunter2@"+address), query("A", `{}`))["A"]
	if got.Status != 502 || !strings.Contains(got.Error.Error(), "no answer from the Sillage server at http://"+address) {
		t.Errorf("got %d %v", got.Status, got.Error)
	}
	if text := got.Error.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, testToken) {
		t.Errorf("a secret in %q", text)
	}
}

func TestNoURL(t *testing.T) {
	if got := ask(t, datasourceAt(t, ""), query("A", `{}`))["A"]; got.Status != 400 || !strings.Contains(got.Error.Error(), "has no URL") {
		t.Errorf("got %d %v", got.Status, got.Error)
	}
	if _, err := New(context.Background(), backend.DataSourceInstanceSettings{URL: "localhost:8055", JSONData: []byte("{}")}); err == nil || !strings.Contains(err.Error(), "expected something like http://") {
		t.Errorf("got %v", err)
	}
}

func TestCancelReachesTheServer(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// The server notices a client that went away only after it has read the request.
		buffer := make([]byte, 4096)
		for {
			if _, err := r.Body.Read(buffer); err != nil {
				break
			}
		}
		close(started)
		<-r.Context().Done()
		close(ended)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-started
		cancel()
	}()
	response, err := datasourceAt(t, server.URL).QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{query("A", `{}`)}})
	if err != nil {
		t.Fatal(err)
	}
	<-ended
	if got := response.Responses["A"]; got.Status != 499 || got.ErrorSource != backend.ErrorSourceDownstream {
		t.Errorf("got %d %v", got.Status, got.Error)
	}
}

func TestSlowServer(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ds := datasourceAt(t, server.URL)
	ds.client.Timeout = 50 * time.Millisecond
	if got := ask(t, ds, query("A", `{}`))["A"]; got.Status != 504 || !strings.Contains(got.Error.Error(), "did not answer in time") {
		t.Errorf("got %d %v", got.Status, got.Error)
	}
}
