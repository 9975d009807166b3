// Command provision makes topics, index template and bucket for the pipeline.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/provision"
)

func main() {
	service.Once(config.Program{
		Name:  "provision",
		About: "Makes what the services expect to find: topics, index template, bucket. Waits for the servers, prints a line for each thing made or found, and can be run again and again.",
	}, provision.Run)
}
