// Command ledger accounts for every record from the source to the index and the archive.
package main

import (
	"catsvdogs/services/ledger"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	switch service.Command("audit", "watch") {
	case "audit":
		service.Once(config.Program{
			Name:  "ledger audit",
			About: "Accounts for every record once: prints what is missing, doubled, stale or different between the source, Kafka, the index and the archive, and exits with 0 when nothing is, with 3 when something is, with 1 when it could not look, with 2 on a mistake in its flags.",
		}, ledger.Audit)
	default:
		service.Main(config.Program{
			Name:  "ledger watch",
			About: "Accounts for every record as it comes: what is missing, doubled, stale or different between the source, Kafka, the index and the archive. What was well is looked at again, a share each round. GET /account at --telemetry-addr tells the latest account, /metrics its numbers. ledger audit does it once and has its own --help.",
		}, ledger.Run)
	}
}
