// Command live shows the contest on a web page as it happens.
package main

import (
	"os"
	"runtime/debug"

	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

// collectAt is by how many percent the heap may grow before it is collected. Nearly all of it is the memory of posts, which
// stays and holds no pointers: to look through it costs next to nothing, to let it double would cost its size.
const collectAt = 25

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	service.Main(config.Program{
		Name: "live",
		About: "Counts the posts of the day from tweets.enriched and shows the contest on a web page, second by second. " +
			"It keeps nothing on disk: after a start it reads the day again.",
	}, live.Run)
}
