package credentials

import (
	"fmt"
	"slices"
	"strconv"

	"catsvdogs/services/provision/access"
)

// reader is a part of the stack that has a folder of its own.
type reader struct {
	name     string
	uid, gid int // of the user that it runs as
}

// Users of the images. Elasticsearch and Kibana run as 1000 with the group of root, Apache's Kafka as 1000.
const (
	elasticUser, elasticGroup = 1000, 0
	kafkaUser                 = 1000
	ourUser                   = 65532
)

var readers = []reader{
	{"kafka", kafkaUser, kafkaUser},
	{"elasticsearch", elasticUser, elasticGroup},
	{"kibana", elasticUser, elasticGroup},
	{"minio", ourUser, ourUser},
	{access.Provision, ourUser, ourUser},
	{access.Ingest, ourUser, ourUser},
	{access.Refresher, ourUser, ourUser},
	{access.Enricher, ourUser, ourUser},
	{access.Sink, ourUser, ourUser},
	{access.Live, ourUser, ourUser},
	{access.Ledger, ourUser, ourUser},
}

func readerOf(name string) reader {
	return readers[slices.IndexFunc(readers, func(r reader) bool { return r.name == name })]
}

// file is what a reader gets.
type file struct {
	reader  reader
	name    string
	content []byte
}

// Names of secrets in the vault, and of their files in provision's folder.
const (
	ofElasticsearch = "elasticsearch-" // and a user
	ofStore         = "s3-"            // and a user
	ofKibana        = "kibana-sessions"
)

// names lists the secrets of a vault but for the certificates.
func names() []string {
	all := []string{ofElasticsearch + access.ElasticsearchAdmin, ofElasticsearch + access.KibanaServer, ofKibana, ofStore + access.StoreAdmin}
	for _, r := range access.Roles() {
		all = append(all, ofElasticsearch+r.Name)
	}
	for _, p := range access.Policies("") {
		all = append(all, ofStore+access.Principal(p.Service))
	}
	return all
}

// handouts says who gets which of the secrets. provision makes the users of the others, so it gets all passwords.
func handouts(secrets map[string][]byte) []file {
	give := func(to, name, secret string) file { return file{readerOf(to), name, secrets[secret]} }
	all := []file{
		give("elasticsearch", "elastic", ofElasticsearch+access.ElasticsearchAdmin),
		give("minio", "root", ofStore+access.StoreAdmin),
		{readerOf("kibana"), "kibana.yml", kibanaSettings(secrets)},
		give(access.Sink, "elasticsearch", ofElasticsearch+"catsvdogs_sink"),
		give(access.Ledger, "elasticsearch", ofElasticsearch+"catsvdogs_ledger"),
	}
	for _, p := range access.Policies("") {
		all = append(all, give(p.Service, "s3", ofStore+access.Principal(p.Service)))
	}
	for _, name := range names() {
		if name != ofKibana {
			all = append(all, give(access.Provision, name, name))
		}
	}
	return all
}

// kibanaSettings are the settings of Kibana that are secret: a file of their own, because what its image takes from the
// environment it puts on the command line, for every list of processes to show.
//
// Who comes without a session is the viewer: the provider of the lowest order answers where the page that asks which one
// is off, as kibana.yml has it. /login, to which nothing leads a viewer, takes the editor's password.
// https://www.elastic.co/guide/en/kibana/8.19/kibana-authentication.html#anonymous-authentication
func kibanaSettings(secrets map[string][]byte) []byte {
	return fmt.Appendf(nil, `elasticsearch.username: %s
elasticsearch.password: %s
xpack.security.encryptionKey: %s
xpack.security.authc.providers:
  anonymous.viewer:
    order: 0
    credentials:
      username: %s
      password: %s
  basic.people:
    order: 1
`, access.KibanaServer, quoted(secrets[ofElasticsearch+access.KibanaServer]), quoted(secrets[ofKibana]),
		access.Viewer, quoted(secrets[ofElasticsearch+access.Viewer]))
}

// quoted is a text as YAML takes it. Secrets are made of hexadecimal digits, which could be taken for a number.
func quoted(secret []byte) string { return strconv.Quote(string(secret)) }
