// Command enricher cleans and enriches the posts of tweets.raw into tweets.enriched.
package main

import (
	"catsvdogs/services/enricher"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name:  "enricher",
		About: "Reads raw posts from tweets.raw and writes enriched documents to tweets.enriched, exactly once; what cannot be read goes to tweets.dlq with the reason. Start several to share the work.",
	}, enricher.Run)
}
