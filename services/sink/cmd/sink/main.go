// Command sink stores posts and dead letters in Elasticsearch and archives every record in an S3 store; sink compact and
// sink reindex look after what is stored.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/sink"
)

func main() {
	switch service.Command("compact", "reindex") {
	case "compact":
		service.Once(config.Program{
			Name:  "sink compact",
			About: "Takes deleted posts out of the archive, now. A running sink does it by itself (--compact-every). It takes the flags and variables of sink, too.",
		}, sink.Compact)
	case "reindex":
		service.Once(config.Program{
			Name:  "sink reindex",
			About: "Has the index and the dead letters indexed again from what Kafka still has: takes the offsets of their two consumer groups back. For an Elasticsearch that has lost documents. Every sink must be stopped meanwhile. It takes the flags and variables of sink, too.",
		}, sink.Reindex)
	default:
		service.Main(config.Program{
			Name:  "sink",
			About: "Indexes tweets.enriched in Elasticsearch, one document a post, and tweets.dlq, one document a dead letter, and archives tweets.raw and tweets.enriched in an S3 store, every record once. Each part has its own consumer group and waits for its own server only. sink compact takes deleted posts out of the archive, sink reindex indexes again what Kafka has; each has its own --help. ledger audit proves that nothing is missing.",
		}, sink.Run)
	}
}
