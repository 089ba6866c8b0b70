package plugin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// resources lists what the frontend may ask of the API, with the method of each: any user who may query the data source can call them.
var resources = map[string]string{
	"fields":            http.MethodGet,
	"values":            http.MethodPost,
	"language/check":    http.MethodPost,
	"language/complete": http.MethodPost,
	"exporters":         http.MethodGet,
	"health":            http.MethodGet,
}

// CallResource passes a call of the list on as it is, and the answer back, errors included.
func (d *Datasource) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	path := strings.Trim(req.Path, "/")
	method, known := resources[path]
	if !known || req.Method != method {
		return sendError(sender, &apiError{Status: http.StatusNotFound, Code: "PATH_UNKNOWN", Message: "the data source has no resource " + req.Method + " " + path})
	}
	if parsed, err := url.Parse(req.URL); err == nil && parsed.RawQuery != "" {
		path += "?" + parsed.RawQuery
	}
	reply, cause := d.do(ctx, method, path, req.Body, callerHeaders(req.PluginContext, req.GetHTTPHeader))
	if cause != nil {
		// Grafana's frontend takes a 401 for one of its own session, which it then tries to renew.
		if cause.Status == http.StatusUnauthorized {
			cause.Status = http.StatusBadGateway
		}
		return sendError(sender, cause)
	}
	return sendJSON(sender, http.StatusOK, reply)
}

func sendError(sender backend.CallResourceResponseSender, cause *apiError) error {
	body, _ := json.Marshal(map[string]*apiError{"error": cause})
	return sendJSON(sender, cause.Status, body)
}

func sendJSON(sender backend.CallResourceResponseSender, status int, body []byte) error {
	return sender.Send(&backend.CallResourceResponse{Status: status, Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: body})
}
