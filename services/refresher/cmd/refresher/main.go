// Command refresher looks at the posts of tweets.enriched again: how popular they are by now, and whether they are still
// there.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/refresher"
)

func main() {
	service.Main(config.Program{
		Name: "refresher",
		About: "Looks at the posts of the contest again at fixed ages, within the budget, and writes what it finds to the Kafka topic tweets.raw: " +
			"new counts, and deletions of posts that are gone at their source. It keeps its schedule in no place of its own: after a start it reads it from Kafka.",
	}, refresher.Run)
}
