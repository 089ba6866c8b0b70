package plugin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// CheckHealth answers "Save & test": is there a Sillage server, does its store answer, does it accept the token.
func (d *Datasource) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	reply, cause := d.do(ctx, http.MethodGet, "health", nil, nil)
	if cause != nil {
		return unhealthy(cause), nil
	}
	var health struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}
	if json.Unmarshal(reply, &health) != nil || health.Status == "" {
		return unhealthy(refusal(http.StatusOK, nil)), nil
	}
	// Health says up to everybody; this is answered to those who may query.
	if _, cause = d.do(ctx, http.MethodGet, "fields", nil, nil); cause != nil {
		return unhealthy(cause), nil
	}
	message := "Sillage answers"
	if health.Version != "" {
		message = "Sillage " + health.Version + " answers"
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: message}, nil
}

func unhealthy(cause *apiError) *backend.CheckHealthResult {
	details, _ := json.Marshal(map[string]string{"message": cause.Message, "verboseMessage": cause.Hint})
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: cause.Error(), JSONDetails: details}
}
