// Command sink stores posts and dead letters in Elasticsearch and archives every record in an S3 store.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/sink"
)

func main() {
	service.Main(config.Program{
		Name:  "sink",
		About: "Indexes tweets.enriched in Elasticsearch, one document a post, and tweets.dlq, one document a dead letter, and archives tweets.raw and tweets.enriched in an S3 store, every record once. Each part has its own consumer group and waits for its own server only.",
	}, sink.Run)
}
