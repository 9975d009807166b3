// Package provision makes what the services expect to find: topics, index templates with a lifecycle, the bucket, and
// Kibana's dashboards. It is safe to run again and again, and by several at the same time: it adds what is missing,
// tells what is different, and takes nothing away. Everything is read back before it counts.
package provision

import (
	"errors"
	"fmt"
	"io"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/provision/savedobjects"
)

// Config is provision's configuration.
type Config struct {
	Kafka         broker.Config       `embed:""`
	Elasticsearch elastic.Config      `embed:""`
	S3            objectstore.Config  `embed:""`
	Kibana        savedobjects.Config `embed:""`

	Partitions  int32 `help:"Partitions of each topic, and so the largest useful number of enrichers. A topic that is there keeps its own." default:"12"`
	Replication int16 `help:"Copies of each partition; -1 leaves it to the broker." default:"-1"`
	MinInsync   int   `help:"Copies that must have a record before it counts as written; 0 leaves it to the broker." default:"0" placeholder:"N"`
	KeepAll     bool  `help:"Make topics that never forget: neither retention nor compaction. For trying things out, and for a broker that does not know min.compaction.lag.ms."`

	IndexReplicas int           `help:"Copies of each index besides the first; more than nodes can hold them leaves the cluster yellow." default:"0" placeholder:"N"`
	KeepIndices   time.Duration `help:"How long a post stays in the index, at least, where Elasticsearch has lifecycle management; 0 is for ever. An index goes as a whole, this time and 31 days after it was made. Never shortened for a policy that is there." default:"8760h"`

	AccessDir string `help:"Folder with the passwords and keys of the services' users, as 'provision credentials' makes it: gives Elasticsearch roles and users, and the object store (MinIO's) policies and users, with the least that each service needs. None: none are made." placeholder:"FOLDER"`
	KafkaACLs bool   `name:"kafka-acls" help:"Make the ACLs that the services need, for the users catsvdogs-ingest, catsvdogs-sink and so on. The broker needs an authorizer."`

	Contest             string `help:"The contest file, for the dashboards." default:"contest.yaml" placeholder:"FILE"`
	OverwriteDashboards bool   `help:"Replace data views and dashboards that a person has changed in Kibana, too."`

	WaitFor time.Duration `help:"How long to wait for each server." default:"2m"`

	// Out receives a line for each thing made, found, changed or different; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Bounds of --keep-indices other than 0.
const (
	shortestKeep = 24 * time.Hour
	longestKeep  = 100 * 365 * 24 * time.Hour
)

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Elasticsearch.Check(), c.S3.Check(), c.Kibana.Check()}
	if c.Partitions < 1 || c.Partitions > 1000 {
		errs = append(errs, fmt.Errorf("--partitions: give a number from 1 to 1000, not %d; the default is %d", c.Partitions, topic.Partitions))
	}
	if c.Replication == 0 || c.Replication < -1 {
		errs = append(errs, fmt.Errorf("--replication: give -1 or a number of copies, not %d", c.Replication))
	}
	if c.MinInsync < 0 {
		errs = append(errs, fmt.Errorf("--min-insync: give 0 or a number of copies, not %d", c.MinInsync))
	}
	if c.Replication > 0 && c.MinInsync > int(c.Replication) {
		errs = append(errs, fmt.Errorf("--min-insync: %d copies cannot be in sync when --replication makes %d; nothing could be written", c.MinInsync, c.Replication))
	}
	if c.IndexReplicas < 0 || c.IndexReplicas > 100 {
		errs = append(errs, fmt.Errorf("--index-replicas: give a number from 0 to 100, not %d", c.IndexReplicas))
	}
	if c.KeepIndices != 0 && (c.KeepIndices < shortestKeep || c.KeepIndices > longestKeep || c.KeepIndices%time.Hour != 0) {
		errs = append(errs, fmt.Errorf("--keep-indices: give 0 for ever, or whole hours from 24h to 876000h such as 8760h, not %s", c.KeepIndices))
	}
	if c.Kibana.KibanaURL != "" && c.Contest == "" {
		errs = append(errs, errors.New("--contest: give the contest file, the dashboards are made from it"))
	}
	if c.WaitFor <= 0 {
		errs = append(errs, errors.New("--wait-for: give a time over 0"))
	}
	return errors.Join(errs...)
}
