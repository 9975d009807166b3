// Command ingest reads posts from X, a simulator, Bluesky, a file or the archive and writes them to the Kafka topic
// tweets.raw.
package main

import (
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name:  "ingest",
		About: "Reads posts from X's filtered stream, a simulator of it, Bluesky's Jetstream or a file, and writes those of the contest to the Kafka topic tweets.raw; or writes records of the archive back to it.",
	}, ingest.Run)
}
