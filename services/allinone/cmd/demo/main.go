// Command demo runs the whole product in one process.
package main

import (
	"catsvdogs/services/allinone"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name:     "demo",
		About:    "Cats v Dogs in one process: a simulated X, ingest, enricher, sink and the live page, on an embedded Kafka, index and object store. Each embedded server gives way to a real one whose address is given. On a clean stop (Ctrl-C, --for, --posts) it prints what was counted as one line of JSON.",
		Defaults: allinone.Defaults,
	}, allinone.Run)
}
