package plugin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

type queryRequest struct {
	// From and To bound the range [from, to). Unit: epoch ms.
	From    int64                        `json:"from"`
	To      int64                        `json:"to"`
	Queries []map[string]json.RawMessage `json:"queries"`
}

type queryAnswer struct {
	Results map[string]struct {
		Status int             `json:"status"`
		Frames json.RawMessage `json:"frames"`
		Error  *apiError       `json:"error"`
	} `json:"results"`
}

// QueryData asks the server all queries that share a time range in one request. Each query has its own outcome.
func (d *Datasource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	alert := req.Headers["FromAlert"] == "true"
	requests := map[backend.TimeRange]*queryRequest{}
	for _, query := range req.Queries {
		model := queryModel(query, alert)
		if model == nil {
			response.Responses[query.RefID] = failed(query.RefID, &apiError{Status: http.StatusBadRequest, Code: "QUERY_INVALID", Message: "the query is not a JSON object"})
			continue
		}
		request := requests[query.TimeRange]
		if request == nil {
			request = &queryRequest{From: query.TimeRange.From.UnixMilli(), To: query.TimeRange.To.UnixMilli()}
			requests[query.TimeRange] = request
		}
		request.Queries = append(request.Queries, model)
	}
	headers := callerHeaders(req.PluginContext, req.GetHTTPHeader)
	for _, request := range requests {
		for refID, outcome := range d.ask(ctx, request, headers) {
			response.Responses[refID] = outcome
		}
	}
	return response, nil
}

// queryModel is the stored query with what Grafana tells beside it; nil when it is not an object.
func queryModel(query backend.DataQuery, alert bool) map[string]json.RawMessage {
	var model map[string]json.RawMessage
	if json.Unmarshal(query.JSON, &model) != nil || model == nil {
		return nil
	}
	set := func(key string, value any) { model[key], _ = json.Marshal(value) }
	set("refId", query.RefID)
	set("alert", alert)
	set("intervalMs", max(1, query.Interval.Milliseconds()))
	set("maxDataPoints", max(1, query.MaxDataPoints))
	return model
}

// ask sends one request and reads an outcome for each of its queries, whatever happens.
func (d *Datasource) ask(ctx context.Context, request *queryRequest, headers http.Header) backend.Responses {
	body, _ := json.Marshal(request)
	var answered queryAnswer
	reply, whole := d.do(ctx, http.MethodPost, "query", body, headers)
	if whole == nil && json.Unmarshal(reply, &answered) != nil {
		whole = misunderstood()
	}
	outcomes := backend.Responses{}
	for _, query := range request.Queries {
		var refID string
		_ = json.Unmarshal(query["refId"], &refID)
		result, found := answered.Results[refID]
		switch {
		case whole != nil:
			outcomes[refID] = failed(refID, whole)
		case !found:
			outcomes[refID] = failed(refID, misunderstood())
		case result.Error != nil:
			result.Error.Status = result.Status
			outcomes[refID] = failed(refID, result.Error)
		default:
			outcomes[refID] = decoded(refID, result.Frames)
		}
	}
	return outcomes
}

func decoded(refID string, frames json.RawMessage) backend.DataResponse {
	var decoded data.Frames
	if err := json.Unmarshal(frames, &decoded); err != nil {
		return failed(refID, misunderstood())
	}
	for _, frame := range decoded {
		frame.RefID = refID
	}
	return backend.DataResponse{Frames: decoded, Status: backend.StatusOK}
}

// failed is an outcome without data. The source is downstream also for 5xx: the plugin itself did its work. A frame without fields
// carries the error's code and position for the editor.
func failed(refID string, cause *apiError) backend.DataResponse {
	frame := data.NewFrame("").SetMeta(&data.FrameMeta{Custom: map[string]any{"error": cause}})
	frame.RefID = refID
	return backend.DataResponse{Error: cause, Status: backend.Status(cause.Status), ErrorSource: backend.ErrorSourceDownstream, Frames: data.Frames{frame}}
}

func misunderstood() *apiError {
	return &apiError{Status: http.StatusBadGateway, Code: "ANSWER_UNKNOWN", Message: "the answer of the Sillage server cannot be read", Hint: "plugin and server should have the same version"}
}

// callerHeaders name who asks, for the server's queue and ClickHouse's query log.
func callerHeaders(pluginContext backend.PluginContext, header func(string) string) http.Header {
	headers := http.Header{}
	for _, name := range []string{"X-Dashboard-Uid", "X-Panel-Id", "X-Rule-Uid"} {
		if value := header(name); value != "" {
			headers.Set(name, value)
		}
	}
	if pluginContext.User != nil && pluginContext.User.Login != "" {
		headers.Set("X-Grafana-User", pluginContext.User.Login)
	}
	return headers
}
