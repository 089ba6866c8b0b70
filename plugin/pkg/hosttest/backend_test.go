//go:build hosttest

package hosttest

import (
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

func TestBackend(t *testing.T) {
	ds := server(t)
	h := startBackend(t)

	t.Run("health", func(t *testing.T) { h.testHealth(t, ds) })
	t.Run("series and tables", func(t *testing.T) { h.testSeriesAndTables(t, ds) })
	t.Run("a wrong filter", func(t *testing.T) { h.testWrongFilter(t, ds) })
	t.Run("resources", func(t *testing.T) { h.testResources(t, ds) })
	t.Run("server down", func(t *testing.T) { h.testServerDown(t) })
	t.Run("wrong token", func(t *testing.T) { h.testWrongToken(t) })
	t.Run("the shipped alert rule", func(t *testing.T) { h.testShippedRule(t, ds) })
	t.Run("a rule on a series", func(t *testing.T) { h.testSeriesRule(t, ds) })
	t.Run("a rule on records", func(t *testing.T) { h.testRecordsRule(t, ds) })
	t.Run("shutdown", func(t *testing.T) { h.testShutdown(t) })
}

func (h *host) testHealth(t *testing.T, ds *pluginv2.PluginContext) {
	health, err := h.diagnostics.CheckHealth(context.Background(), &pluginv2.CheckHealthRequest{PluginContext: ds})
	if err != nil || health.Status != pluginv2.CheckHealthResponse_OK || !strings.HasPrefix(health.Message, "Sillage") {
		t.Errorf("got %v %v", health, err)
	}
}

func (h *host) testSeriesAndTables(t *testing.T, ds *pluginv2.PluginContext) {
	from := source()
	started := time.Now()
	send(t, answeredFlows(from, 20))
	filter := "src ip " + from.String()
	h.awaitFlows(t, ds, filter, 20)
	answers := h.ask(t, ds, asked{from: started.Add(-10 * time.Minute), to: time.Now().Add(time.Minute), interval: 10 * time.Second, models: map[string]any{
		"series":  query{"view": "timeseries", "filter": filter, "dimensions": by("proto"), "measures": []string{"bytes"}},
		"top":     query{"view": "top", "filter": filter, "dimensions": by("dst_port"), "measures": []string{"bytes", "flows"}},
		"records": query{"view": "records", "filter": filter, "limit": 7},
		"none":    query{"view": "timeseries", "filter": filter + " and port 1", "dimensions": by("proto")},
	}})

	series := answers["series"]
	if len(series.frames) != 1 || series.frames[0].Meta.Type != data.FrameTypeTimeSeriesMulti || series.frames[0].RefID != "series" {
		t.Fatalf("got %+v", series)
	}
	frame := series.frames[0]
	sum := 0.0
	for row := range frame.Rows() {
		if value, _ := frame.Fields[1].NullableFloatAt(row); value != nil {
			sum += *value
		}
	}
	if sum != 20_000 || frame.Fields[1].Labels["proto"] != "tcp" || frame.Fields[1].Config.DisplayNameFromDS == "" {
		t.Errorf("series: got %v bytes, labels %v, config %+v", sum, frame.Fields[1].Labels, frame.Fields[1].Config)
	}
	if frame.Meta.ExecutedQueryString == "" {
		t.Error("the query inspector has no SQL to show")
	}

	if rows := table(t, answers["top"]); len(rows) != 1 || rows[0]["dst_port"] != "443" || rows[0]["bytes"] != 20_000.0 || rows[0]["flows"] != 20.0 {
		t.Errorf("top: got %v", rows)
	}
	if rows := table(t, answers["records"]); len(rows) != 7 || rows[0]["src_addr"] != from.String() {
		t.Errorf("records: got %v", rows)
	}
	if none := answers["none"]; none.err != "" || len(none.frames) != 1 || none.frames[0].Rows() != 0 || len(none.frames[0].Fields) == 0 {
		t.Errorf("an empty answer needs a frame with its fields: got %+v", none)
	}
}

func (h *host) testWrongFilter(t *testing.T, ds *pluginv2.PluginContext) {
	now := time.Now()
	answers := h.ask(t, ds, asked{from: now.Add(-time.Hour), to: now, models: map[string]any{
		"wrong":  query{"filter": "any and prot tcp"},
		"right":  query{"filter": "proto tcp"},
		"absurd": query{"view": "pie"},
	}})
	wrong := answers["wrong"]
	if wrong.status != 400 || wrong.source != "downstream" || !strings.Contains(wrong.err, "prot") || !strings.Contains(wrong.err, "proto") {
		t.Errorf("got %d %s %q", wrong.status, wrong.source, wrong.err)
	}
	custom, _ := json.Marshal(wrong.frames[0].Meta.Custom)
	if !strings.Contains(string(custom), `"offset":8`) || !strings.Contains(string(custom), `"length":4`) {
		t.Errorf("no position for the editor in %s", custom)
	}
	if right := answers["right"]; right.status != 200 || right.err != "" || len(right.frames) == 0 {
		t.Errorf("the good query beside it: got %+v", right)
	}
	if absurd := answers["absurd"]; absurd.status != 400 || !strings.Contains(absurd.err, "view") {
		t.Errorf("got %d %q", absurd.status, absurd.err)
	}
}

func (h *host) testResources(t *testing.T, ds *pluginv2.PluginContext) {
	if code, body := h.call(t, ds, "POST", "language/check", `{"text":"HOST 192.0.2.7"}`); code != 200 || !strings.Contains(body, `"normalized":"ip 192.0.2.7"`) {
		t.Errorf("language/check: got %d %s", code, body)
	}
	if code, body := h.call(t, ds, "GET", "fields", ""); code != 200 || !strings.Contains(body, `"src_addr"`) {
		t.Errorf("fields: got %d %s", code, body)
	}
	if code, body := h.call(t, ds, "POST", "values", `{"field":"nonsense"}`); code != 400 || !strings.Contains(body, `"error"`) {
		t.Errorf("values: got %d %s", code, body)
	}
	if code, body := h.call(t, ds, "GET", "../../metrics", ""); code != 404 {
		t.Errorf("outside of the list: got %d %s", code, body)
	}
}

func (h *host) testServerDown(t *testing.T) {
	ds := nobody(t)
	now := time.Now()
	for refID, got := range h.ask(t, ds, asked{from: now.Add(-time.Hour), to: now, models: map[string]any{"A": query{}, "B": query{}}}) {
		if got.status != 502 || got.source != "downstream" || !strings.Contains(got.err, "no answer from the Sillage server at http://127.0.0.1:") {
			t.Errorf("%s: got %d %s %q", refID, got.status, got.source, got.err)
		}
	}
	health, err := h.diagnostics.CheckHealth(context.Background(), &pluginv2.CheckHealthRequest{PluginContext: ds})
	if err != nil || health.Status != pluginv2.CheckHealthResponse_ERROR || !strings.Contains(health.Message, "is it running") {
		t.Errorf("got %v %v", health, err)
	}
}

func (h *host) testWrongToken(t *testing.T) {
	if os.Getenv("SILLAGE_TOKEN") == "" {
		t.Skip("skipped: SILLAGE_TOKEN is not set, so the server asks for no token")
	}
	ds := settings(os.Getenv("SILLAGE_URL"), "wrong")
	health, err := h.diagnostics.CheckHealth(context.Background(), &pluginv2.CheckHealthRequest{PluginContext: ds})
	if err != nil || health.Status != pluginv2.CheckHealthResponse_ERROR || !strings.Contains(health.Message, "refused the API token") {
		t.Errorf("got %v %v", health, err)
	}
}

// testShippedRule evaluates the rule of provisioning/alerting: on a range without flows, on a source that knocks a little, on a scanner.
func (h *host) testShippedRule(t *testing.T, ds *pluginv2.PluginContext) {
	shipped := shippedRule(t)
	first := shipped.Data[0]
	evaluate := func(now time.Time) map[string]instance {
		span := first.RelativeTimeRange
		answers := h.ask(t, ds, asked{
			from: now.Add(-time.Duration(span.From) * time.Second), to: now.Add(-time.Duration(span.To) * time.Second),
			models: map[string]any{first.RefID: first.Model}, alert: true,
		})
		if got := answers[first.RefID]; got.err != "" || len(got.frames) == 0 {
			t.Fatalf("got %+v", got)
		}
		found := map[string]instance{}
		for _, one := range shipped.evaluate(t, answers[first.RefID].frames) {
			found[one.labels["src_addr"]] = one
		}
		return found
	}

	if got := evaluate(time.Now().AddDate(-1, 0, 0)); len(got) != 0 {
		t.Errorf("no flows should be no data: got %v", got)
	}

	quiet, scanner := source(), source()
	send(t, append(knocks(quiet, 60), answeredFlows(quiet, 30)...))
	h.awaitFlows(t, ds, "src ip "+quiet.String(), 90)
	if got := evaluate(time.Now())[quiet.String()]; got.value != 60 || got.firing {
		t.Errorf("a few first contacts should be silent: got %+v", got)
	}

	send(t, knocks(scanner, 150))
	h.awaitFlows(t, ds, "src ip "+scanner.String(), 150)
	got := evaluate(time.Now())
	if one := got[scanner.String()]; one.value != 150 || !one.firing {
		t.Errorf("a scanner should fire: got %+v", one)
	}
	if got[quiet.String()].firing {
		t.Error("each source is judged on its own")
	}
}

// testSeriesRule has a rule as its author would write it on a time series: last value, then a threshold.
func (h *host) testSeriesRule(t *testing.T, ds *pluginv2.PluginContext) {
	const bucket = 10 * time.Second
	from, ends := h.sendInOneBucket(t, ds, bucket)
	model := query{"view": "timeseries", "filter": "src ip " + from.String(), "dimensions": by("src_addr"), "measures": []string{"bytes"}}
	series := rule{UID: "series", Condition: "C", Data: []step{
		{RefID: "A", DatasourceUID: "sillage", Model: model},
		{RefID: "B", DatasourceUID: "__expr__", Model: query{"type": "reduce", "expression": "A", "reducer": "last", "settings": query{"mode": "dropNN"}}},
		{RefID: "C", DatasourceUID: "__expr__", Model: query{"type": "threshold", "expression": "B", "conditions": []any{query{"evaluator": query{"type": "gt", "params": []any{19_999}}}}}},
	}}
	var got []instance
	eventually(t, "the finished bucket", func() bool {
		answer := h.ask(t, ds, asked{from: ends.Add(-5 * time.Minute), to: ends, interval: bucket, models: map[string]any{"A": model}, alert: true})["A"]
		if answer.err != "" {
			t.Fatal(answer.err)
		}
		got = series.evaluate(t, answer.frames)
		return len(got) == 1 && got[0].value > 0
	})
	if got[0].value != 20_000 || !got[0].firing || got[0].labels["src_addr"] != from.String() {
		t.Errorf("got %+v", got)
	}
}

// sendInOneBucket sends 20 flows that were received in one bucket, so that its sum is known, and tells their source and the bucket's end.
// On a busy machine they may fall into two: then another source has another try.
func (h *host) sendInOneBucket(t *testing.T, ds *pluginv2.PluginContext, bucket time.Duration) (netip.Addr, time.Time) {
	t.Helper()
	for range 10 {
		from := source()
		filter := "src ip " + from.String()
		send(t, answeredFlows(from, 20))
		h.awaitFlows(t, ds, filter, 20)
		records := query{"view": "records", "filter": filter, "limit": 100}
		starts := map[time.Time]bool{}
		for _, row := range table(t, h.ask(t, ds, asked{from: time.Now().Add(-10 * time.Minute), to: time.Now().Add(time.Minute), models: map[string]any{"A": records}})["A"]) {
			starts[row["time_received"].(time.Time).Truncate(bucket)] = true
		}
		if len(starts) != 1 {
			continue
		}
		for start := range starts {
			return from, start.Add(bucket)
		}
	}
	t.Fatal("the flows never fell into one bucket")
	return netip.Addr{}, time.Time{}
}

func (h *host) testRecordsRule(t *testing.T, ds *pluginv2.PluginContext) {
	now := time.Now()
	got := h.ask(t, ds, asked{from: now.Add(-time.Hour), to: now, models: map[string]any{"A": query{"view": "records"}}, alert: true})["A"]
	if got.status != 400 || !strings.Contains(got.err, "alert rule") {
		t.Errorf("got %d %q", got.status, got.err)
	}
}

func (h *host) testShutdown(t *testing.T) {
	pid := h.command.Process.Pid
	h.client.Kill()
	if !h.client.Exited() || syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d is still there", pid)
	}
}

// query is a model as Grafana stores it.
type query = map[string]any

func by(fields ...string) []query {
	dimensions := []query{}
	for _, field := range fields {
		dimensions = append(dimensions, query{"field": field})
	}
	return dimensions
}

// awaitFlows waits until the store shows the flows that were sent.
func (h *host) awaitFlows(t *testing.T, ds *pluginv2.PluginContext, filter string, count float64) {
	t.Helper()
	started := time.Now()
	eventually(t, filter, func() bool {
		model := query{"view": "stat", "filter": filter, "measures": []string{"flows"}}
		answer := h.ask(t, ds, asked{from: started.Add(-10 * time.Minute), to: time.Now().Add(time.Minute), models: map[string]any{"A": model}})["A"]
		if answer.err != "" {
			t.Fatal(answer.err)
		}
		rows := table(t, answer)
		return len(rows) == 1 && rows[0]["flows"] == count
	})
}

// table gives the rows of the one frame of an answer by column.
func table(t *testing.T, answer answered) []map[string]any {
	t.Helper()
	if answer.err != "" || len(answer.frames) != 1 {
		t.Fatalf("want one frame, got %d, error %q", len(answer.frames), answer.err)
	}
	frame := answer.frames[0]
	rows := make([]map[string]any, frame.Rows())
	for row := range rows {
		rows[row] = map[string]any{}
		for _, field := range frame.Fields {
			if value, ok := field.ConcreteAt(row); ok {
				rows[row][field.Name] = value
				if field.Type().Numeric() {
					number, _ := field.FloatAt(row)
					rows[row][field.Name] = number
				}
			}
		}
	}
	return rows
}
