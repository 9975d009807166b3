// Command live shows the contest on a web page as it happens.
package main

import (
	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	service.Main(config.Program{
		Name: "live",
		About: "Counts the posts of the day from tweets.enriched and shows the contest on a web page, second by second. " +
			"It keeps nothing on disk: after a start it reads the day again.",
	}, live.Run)
}
