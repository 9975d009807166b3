// Command simulator is a server that speaks the X API, with made-up posts.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/simulator"
)

func main() {
	service.Main(config.Program{
		Name:  "simulator",
		About: "Speaks the filtered stream and the rules of the X API v2, with posts that are made up from a seed and match the rules that are set. Any client of X can read it.",
	}, simulator.Run)
}
