// Package plugin hands Grafana's calls on to the HTTP API of a Sillage server and the answers back. It knows no filter language, no
// query and no cache: what a query means is decided in one place, the server.
package plugin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
)

// defaultTimeout of a call to the server, waiting for its turn included (api.maxWait, 30 s, and the query's own bound). jsonData.timeout
// overrides it.
const defaultTimeout = 2 * time.Minute

// Datasource is one configured data source: Grafana makes a new one when its settings change.
type Datasource struct {
	client *http.Client
	// base is the address of the API without a slash at its end; empty when no URL was entered.
	base string
	// host is shown in messages, without the name and password that a URL may hold.
	host  string
	token string
}

// New makes a Datasource from its settings. TLS, proxy, timeout and further headers are read from them by the SDK.
func New(ctx context.Context, settings backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	options, err := settings.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("settings of the data source: %w", err)
	}
	if !strings.Contains(string(settings.JSONData), `"timeout"`) {
		options.Timeouts.Timeout = defaultTimeout
	}
	client, err := httpclient.New(options)
	if err != nil {
		return nil, fmt.Errorf("HTTP client of the data source: %w", err)
	}
	ds := &Datasource{client: client, token: settings.DecryptedSecureJSONData["token"]}
	if address := strings.TrimRight(strings.TrimSpace(settings.URL), "/"); address != "" {
		parsed, err := url.Parse(address)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
			return nil, backend.DownstreamErrorf("%q is not a URL: expected something like http://localhost:8055 in the data source's settings", address)
		}
		ds.base, ds.host = address+"/api/v1/", parsed.Scheme+"://"+parsed.Host
	}
	return ds, nil
}

// Dispose closes what the old settings left open.
func (d *Datasource) Dispose() {
	d.client.CloseIdleConnections()
}
