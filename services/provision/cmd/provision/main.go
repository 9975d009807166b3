// Command provision makes topics, index templates, bucket and dashboards for the pipeline.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/provision"
)

func main() {
	service.Once(config.Program{
		Name:  "provision",
		About: "Makes what the services expect to find: topics, index templates, bucket and, with --kibana-url, dashboards. Waits for the servers, prints a line for each thing made, found, changed or different, and can be run again and again: it takes nothing away. Exits with 0 only when everything is there.",
	}, provision.Run)
}
