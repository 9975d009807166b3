// Package access says who may do what on the pipeline's servers: a role of Elasticsearch, a policy of the object store and
// ACLs of Kafka for each service, with the least that it needs. It is data and owns no connection; package provision puts
// it on servers, package credentials makes the passwords.
//
// A service has one name on all servers: catsvdogs- and its own, with _ in Elasticsearch, as names are written there.
package access

// Services of the pipeline that log in somewhere, by the name that they have in compose.yaml.
const (
	Ingest    = "ingest"
	Refresher = "refresher"
	Enricher  = "enricher"
	Sink      = "sink"
	Live      = "live"
	Ledger    = "ledger"
	Provision = "provision"
)

// Principal is the name of a service at the object store and at Kafka.
func Principal(service string) string { return "catsvdogs-" + service }
