package access

import (
	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/topic"
)

// BrokerPrincipal is who the brokers are to each other, and to their controllers.
const BrokerPrincipal = "catsvdogs-kafka"

// Kind is what an ACL is about.
type Kind int

// The kinds of resources that ACLs here are about.
const (
	Topic Kind = iota
	Group
	Transaction
)

// ACL lets a service do something in Kafka. Read, Write and Delete let it describe the resource as well.
// https://kafka.apache.org/documentation/#security_authz
type ACL struct {
	Service    string
	Kind       Kind
	Name       string
	Prefix     bool // Name is what the names of the resources begin with
	Operations []kadm.ACLOperation
}

// ACLs lists what the services may do. What nobody allows is denied (allow.everyone.if.no.acl.found=false, the default).
func ACLs() []ACL {
	read, write := []kadm.ACLOperation{kadm.OpRead}, []kadm.ACLOperation{kadm.OpWrite}
	both := []kadm.ACLOperation{kadm.OpRead, kadm.OpWrite}
	settings := []kadm.ACLOperation{kadm.OpRead, kadm.OpDescribeConfigs}
	describe := []kadm.ACLOperation{kadm.OpDescribe}
	return []ACL{
		{Ingest, Topic, topic.Raw, false, both}, // its tail tells where it was
		{Ingest, Topic, topic.Raw, false, []kadm.ACLOperation{kadm.OpDescribeConfigs}},
		{Ingest, Topic, topic.DeadLetter, false, write},
		{Ingest, Topic, topic.IngestState, false, both},
		{Ingest, Group, "ingest-", true, read}, // when reading began

		{Refresher, Topic, topic.Raw, false, both},
		{Refresher, Topic, topic.Enriched, false, read},
		{Refresher, Topic, topic.IngestState, false, both}, // one budget with ingest
		{Refresher, Topic, topic.RefresherState, false, both},
		{Refresher, Group, "enricher", false, describe},
		{Refresher, Group, "refresher", true, read}, // which of several is at work

		{Enricher, Topic, topic.Raw, false, both}, // writes there what goes back of the dead letters (redrive)
		{Enricher, Topic, topic.Enriched, false, write},
		{Enricher, Topic, topic.DeadLetter, false, both},
		{Enricher, Group, "enricher", true, read},
		{Enricher, Transaction, "enricher", true, write},

		{Sink, Topic, topic.Raw, false, read},
		{Sink, Topic, topic.Enriched, false, read},
		{Sink, Topic, topic.DeadLetter, false, both}, // documents that the index refuses
		{Sink, Group, "sink-", true, read},

		{Live, Topic, topic.Enriched, false, read},

		{Ledger, Topic, topic.Raw, false, settings},
		{Ledger, Topic, topic.Enriched, false, settings},
		{Ledger, Topic, topic.DeadLetter, false, settings},
		{Ledger, Group, "enricher", true, describe},
		{Ledger, Group, "sink-", true, describe},
	}
}
