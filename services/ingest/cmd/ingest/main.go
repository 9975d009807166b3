// Command ingest reads posts from X, a simulator, Bluesky or a file and writes them to the Kafka topic tweets.raw.
package main

import (
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name:  "ingest",
		About: "Reads posts from X's filtered stream, a simulator of it, Bluesky's Jetstream or a file, and writes those of the contest to the Kafka topic tweets.raw.",
	}, ingest.Run)
}
