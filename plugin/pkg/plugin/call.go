package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// statusCanceled says that the caller went away, as nginx and Grafana number it.
const statusCanceled = 499

// apiError is the error of the HTTP API, or our own words in its form when there was no answer. Status is HTTP's.
type apiError struct {
	Status   int             `json:"-"`
	Code     string          `json:"code"`
	Message  string          `json:"message"`
	Hint     string          `json:"hint,omitempty"`
	Position json.RawMessage `json:"position,omitempty"`
}

func (e *apiError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Hint)
}

// do sends a call and gives the JSON of a good answer, or says why there is none. Path stands below /api/v1/ and may have a query
// string. It ends when ctx ends.
func (d *Datasource) do(ctx context.Context, method, path string, body []byte, headers http.Header) ([]byte, *apiError) {
	if d.base == "" {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "URL_MISSING", Message: "the data source has no URL", Hint: "enter the address of the Sillage server in the data source's settings"}
	}
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "REQUEST_INVALID", Message: "the path of the call is not valid"}
	}
	for name, values := range headers {
		request.Header[name] = values
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if d.token != "" {
		request.Header.Set("Authorization", "Bearer "+d.token)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, d.noAnswer(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, d.noAnswer(ctx, err)
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return reply, nil
	}
	return nil, refusal(response.StatusCode, reply)
}

// noAnswer tells apart why a request ended without an answer.
func (d *Datasource) noAnswer(ctx context.Context, err error) *apiError {
	var urlError *url.Error
	if errors.As(err, &urlError) {
		err = urlError.Err
	}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &apiError{Status: statusCanceled, Code: "CANCELED", Message: "the query was canceled"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &apiError{Status: http.StatusGatewayTimeout, Code: "TIMEOUT", Message: "the Sillage server at " + d.host + " did not answer in time", Hint: "ask for a shorter range, or look at the server's load"}
	default:
		return &apiError{Status: http.StatusBadGateway, Code: "UNREACHABLE", Message: fmt.Sprintf("no answer from the Sillage server at %s: %v", d.host, err), Hint: "is it running, and is the URL right as seen from Grafana's server?"}
	}
}

// refusal reads an answer that is not a good one.
func refusal(status int, body []byte) *apiError {
	var answer struct {
		Status string    `json:"status"`
		Error  *apiError `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	switch {
	case err == nil && answer.Status == "down":
		return &apiError{Status: status, Code: "STORE_DOWN", Message: "the Sillage server answers, but its database does not", Hint: "the server's log says why; flows are kept until it is back"}
	case err != nil || answer.Error == nil || answer.Error.Message == "":
		return &apiError{Status: status, Code: "NOT_SILLAGE", Message: fmt.Sprintf("the answer (HTTP %d) is not one of a Sillage server", status), Hint: "check the URL in the data source's settings"}
	case status == http.StatusUnauthorized:
		answer.Error.Message = "the Sillage server refused the API token: " + answer.Error.Message
		answer.Error.Hint = "enter a token of the server's option api.tokens in the data source's settings"
	}
	answer.Error.Status = status
	return answer.Error
}
