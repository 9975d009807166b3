// Command ingest reads posts from X's filtered stream and writes them to the Kafka topic tweets.raw.
package main

import (
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name:  "ingest",
		About: "Reads posts from X's filtered stream and writes them to the Kafka topic tweets.raw.",
	}, ingest.Run)
}
