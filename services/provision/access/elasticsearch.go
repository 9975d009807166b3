package access

import "catsvdogs/services/pipeline/tweet"

// Users of Elasticsearch that are none of a service of ours.
const (
	// ElasticsearchAdmin is the superuser that Elasticsearch brings. Only provision logs in as it.
	ElasticsearchAdmin = "elastic"
	// KibanaServer is the user that Elasticsearch brings for Kibana itself; it comes without a password.
	KibanaServer = "kibana_system"
	// Viewer is who looks at Kibana without a login, and may read Elasticsearch.
	Viewer = "catsvdogs_viewer"
	// Editor is a person who changes dashboards.
	Editor = "catsvdogs_editor"
)

// Names of indices that are not of posts.
const (
	deadLetters = "dead-letters"
	accounts    = "catsvdogs-ledger" // what the ledger has found, for the dashboard of the pipeline's health
)

// Role is a role of Elasticsearch and, by the same name, its one user.
type Role struct {
	Name string
	Body Privileges
}

// Privileges is the body of a role, as PUT _security/role takes it.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-api-put-role.html
type Privileges struct {
	Cluster      []string                `json:"cluster,omitempty"`
	Indices      []IndexPrivileges       `json:"indices,omitempty"`
	Applications []ApplicationPrivileges `json:"applications,omitempty"`
	RunAs        []string                `json:"run_as,omitempty"` // none may; what somebody adds must show
}

// IndexPrivileges are privileges on indices and aliases, by patterns.
type IndexPrivileges struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// ApplicationPrivileges are privileges in Kibana, which keeps them in Elasticsearch.
type ApplicationPrivileges struct {
	Application string   `json:"application"`
	Privileges  []string `json:"privileges"`
	Resources   []string `json:"resources"`
}

// Roles lists the roles that the pipeline has in Elasticsearch.
func Roles() []Role {
	posts, refused := []string{tweet.IndexAlias, tweet.IndexPattern}, []string{deadLetters, deadLetters + "-20*.*"}
	reading := []IndexPrivileges{
		{append(append([]string{}, posts...), append(refused, accounts, accounts+"-*")...), []string{"read", "view_index_metadata"}},
	}
	return []Role{
		{"catsvdogs_sink", Privileges{
			Cluster: seeingTemplates,
			// Writes documents and opens indices. It cannot delete: a deleted post is written over by a stub.
			Indices: []IndexPrivileges{
				{append(append([]string{}, posts...), refused...), append([]string{"view_index_metadata"}, writing...)},
				{posts, []string{"read"}}, // how many documents of this start are there
			},
		}},
		{"catsvdogs_ledger", Privileges{
			Cluster: seeingTemplates,
			Indices: append([]IndexPrivileges{
				{append(append([]string{}, posts...), refused...), []string{"maintenance"}}, // a refresh before it counts
				{[]string{accounts, accounts + "-*"}, writing},
			}, reading...),
		}},
		{Viewer, Privileges{Indices: reading, Applications: inKibana("space_read")}},
		{Editor, Privileges{Indices: reading, Applications: inKibana("space_all")}},
	}
}

// seeingTemplates is an action and not manage_index_templates, the least named privilege that holds it: whoever writes
// documents must see that their template is there, and must not change it.
var seeingTemplates = []string{"indices:admin/index_template/get"}

// writing lets a service write documents into indices of which templates say what they are. The named privilege (index) would
// let it change their mappings as well (seen on 8.19.13; deprecated since 7.9).
var writing = []string{"indices:data/write/index*", "indices:data/write/bulk*", "create_index"}

// inKibana is a base privilege in the default space. Of features alone, such as dashboards, each version of Kibana has
// other names.
func inKibana(privilege string) []ApplicationPrivileges {
	return []ApplicationPrivileges{{"kibana-.kibana", []string{privilege}, []string{"space:default"}}}
}
