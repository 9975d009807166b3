// Command enricher cleans and enriches the posts of tweets.raw into tweets.enriched; enricher redrive puts dead letters
// back.
package main

import (
	"catsvdogs/services/enricher"
	"catsvdogs/services/enricher/redrive"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	if service.Command("redrive") != "" {
		service.Once(config.Program{
			Name: "enricher redrive",
			About: "Puts records that were refused (tweets.dlq) back where they came from, each dead letter at most once, after what refused them has been mended. " +
				"First see what would happen: enricher redrive --all --dry-run. Then, say: enricher redrive --reason=invalid_json --from=2026-11-23 --rate=200. " +
				"It may be stopped, and started again at any time, beside running enrichers; what was put back is never put back again. " +
				"A record that is refused again becomes a new dead letter with one more attempt, and stays in quarantine after --max-attempts. " +
				"It prints a table by reason, and exits with 0 when all is done and 1 otherwise. It takes the flags and variables of enricher, too.",
		}, redrive.Run)
		return
	}
	service.Main(config.Program{
		Name:  "enricher",
		About: "Reads raw posts from tweets.raw and writes enriched documents to tweets.enriched, exactly once; what cannot be read goes to tweets.dlq with the reason. Start several to share the work. enricher redrive puts dead letters back, once a mistake is mended; it has its own --help.",
	}, enricher.Run)
}
