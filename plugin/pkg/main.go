// Backend of the data source plugin: Grafana starts it and talks to it over gRPC, it talks to the Sillage server over HTTP.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"sillage-flows-datasource/pkg/plugin"
)

func main() {
	if err := datasource.Manage("sillage-flows-datasource", plugin.New, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error(err.Error())
		os.Exit(1)
	}
}
