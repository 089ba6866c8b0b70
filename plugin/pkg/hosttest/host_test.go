//go:build hosttest

// Package hosttest starts the built backend as Grafana does and has it ask a running Sillage server. Run it with
//
//	SILLAGE_URL=http://127.0.0.1:8055 SILLAGE_UDP=127.0.0.1:2055 go test -tags hosttest ./pkg/hosttest
//
// SILLAGE_UDP is where the server's collector listens: the tests bring their own flows, from and to addresses that RFC 5737 and RFC 2544
// set aside, so they may share a server with other traffic. SILLAGE_TOKEN holds the API token where the server asks for one.
// What Grafana itself does with plugin.json, signatures and SystemJS is not seen here: e2e/grafana tries that.
package hosttest

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// host is a running backend and the three services of it that we use.
type host struct {
	client      *goplugin.Client
	command     *exec.Cmd
	data        grpcplugin.DataClient
	resource    grpcplugin.ResourceClient
	diagnostics grpcplugin.DiagnosticsClient
}

// need reads an environment variable without which a test cannot run.
func need(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	switch {
	case value != "":
	case os.Getenv("SILLAGE_TEST_ALL") == "1":
		t.Fatalf("%s is not set, and SILLAGE_TEST_ALL=1 forbids skipping", name)
	default:
		t.Skipf("skipped: %s is not set, so there is no server to ask", name)
	}
	return value
}

// buildBackend compiles the backend as it is shipped: static.
func buildBackend(t *testing.T) string {
	t.Helper()
	executable := filepath.Join(t.TempDir(), "gpx_sillage_flows")
	build := exec.Command("go", "build", "-o", executable, "sillage-flows-datasource/pkg")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	return executable
}

// startBackend runs the executable with next to nothing in its environment, as Grafana does since 12.4.
func startBackend(t *testing.T) *host {
	t.Helper()
	command := exec.Command(buildBackend(t))
	command.Env = []string{"GF_VERSION=12.4.3"}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "data": &grpcplugin.DataGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn}),
	})
	t.Cleanup(client.Kill)
	protocol, err := client.Client()
	if err != nil {
		t.Fatalf("the backend did not start: %v", err)
	}
	dispense := func(name string) any {
		service, err := protocol.Dispense(name)
		if err != nil {
			t.Fatalf("service %s: %v", name, err)
		}
		return service
	}
	return &host{
		client: client, command: command,
		data:        dispense("data").(grpcplugin.DataClient),
		resource:    dispense("resource").(grpcplugin.ResourceClient),
		diagnostics: dispense("diagnostics").(grpcplugin.DiagnosticsClient),
	}
}

// settings of a data source as Grafana hands them over with each call.
func settings(url, token string) *pluginv2.PluginContext {
	return &pluginv2.PluginContext{
		OrgId: 1, PluginId: "sillage-flows-datasource", User: &pluginv2.User{Login: "admin"},
		DataSourceInstanceSettings: &pluginv2.DataSourceInstanceSettings{
			Id: 1, Uid: "sillage", Name: "Sillage", Url: url, JsonData: []byte("{}"),
			DecryptedSecureJsonData: map[string]string{"token": token}, LastUpdatedMS: time.Now().UnixNano(),
		},
	}
}

func server(t *testing.T) *pluginv2.PluginContext {
	t.Helper()
	return settings(need(t, "SILLAGE_URL"), os.Getenv("SILLAGE_TOKEN"))
}

// nobody is a data source whose server is not there.
func nobody(t *testing.T) *pluginv2.PluginContext {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	return settings("http://"+address, "")
}

// asked is a set of queries over one range, and who asks.
type asked struct {
	from, to time.Time
	// models by refId, as Grafana stores them.
	models map[string]any
	// interval is the least width of a bucket.
	interval time.Duration
	alert    bool
}

// answered is what came back for one query, decoded as Grafana decodes it.
type answered struct {
	status int32
	err    string
	source string
	frames data.Frames
}

func (h *host) ask(t *testing.T, ds *pluginv2.PluginContext, a asked) map[string]answered {
	t.Helper()
	request := &pluginv2.QueryDataRequest{PluginContext: ds, Headers: map[string]string{}}
	if a.alert {
		request.Headers["FromAlert"] = "true"
	}
	if a.interval == 0 {
		a.interval = time.Minute
	}
	for refID, model := range a.models {
		raw, err := json.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		request.Queries = append(request.Queries, &pluginv2.DataQuery{
			RefId: refID, Json: raw, MaxDataPoints: 1000, IntervalMS: a.interval.Milliseconds(),
			TimeRange: &pluginv2.TimeRange{FromEpochMS: a.from.UnixMilli(), ToEpochMS: a.to.UnixMilli()},
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	response, err := h.data.QueryData(ctx, request)
	if err != nil {
		t.Fatalf("QueryData: %v", err)
	}
	results := map[string]answered{}
	for refID, result := range response.Responses {
		frames, err := data.UnmarshalArrowFrames(result.Frames)
		if err != nil {
			t.Fatalf("%s: frames that Grafana cannot read: %v", refID, err)
		}
		results[refID] = answered{status: result.Status, err: result.Error, source: result.ErrorSource, frames: frames}
	}
	return results
}

// call asks a resource and gives its status and body.
func (h *host) call(t *testing.T, ds *pluginv2.PluginContext, method, path, body string) (int32, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	stream, err := h.resource.CallResource(ctx, &pluginv2.CallResourceRequest{PluginContext: ds, Method: method, Path: path, Url: path, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.Code, string(answer.Body)
}
