package access

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/topic"
)

func TestNoRoleReachesBeyondThePipelinesIndices(t *testing.T) {
	t.Parallel()
	for _, r := range Roles() {
		if !strings.HasPrefix(r.Name, "catsvdogs_") {
			t.Errorf("%s is not ours", r.Name)
		}
		for _, privilege := range r.Body.Cluster {
			if r.Name != "catsvdogs_sink" && r.Name != "catsvdogs_ledger" || !strings.HasPrefix(privilege, "indices:admin/index_template/get") {
				t.Errorf("%s may %s in the cluster", r.Name, privilege)
			}
		}
		for _, i := range r.Body.Indices {
			for _, name := range i.Names {
				if !strings.HasPrefix(name, "tweets") && !strings.HasPrefix(name, "dead-letters") && !strings.HasPrefix(name, "catsvdogs-ledger") {
					t.Errorf("%s reaches %s", r.Name, name)
				}
			}
			for _, privilege := range i.Privileges {
				if strings.Contains(privilege, "delete") || slices.Contains([]string{"all", "manage", "write", "index"}, privilege) {
					t.Errorf("%s has %s on %s", r.Name, privilege, i.Names)
				}
			}
		}
	}
}

func TestOnlyTheSinkWritesToTheArchive(t *testing.T) {
	t.Parallel()
	for _, p := range Policies("archive") {
		document, err := p.Document()
		if err != nil || !json.Valid(document) {
			t.Fatalf("%s: %s, %v", p.Service, document, err)
		}
		for _, s := range p.Statements {
			for _, action := range s.Action {
				writes := strings.Contains(action, "Put") || strings.Contains(action, "Delete") || strings.Contains(action, "Abort")
				if writes && p.Service != Sink || strings.Contains(action, "*") || strings.Contains(action, "Bucket") && strings.Contains(action, "Put") {
					t.Errorf("%s may %s", p.Service, action)
				}
			}
			for _, r := range s.Resource {
				if r != "arn:aws:s3:::archive" && r != "arn:aws:s3:::archive/*" {
					t.Errorf("%s reaches %s", p.Service, r)
				}
			}
		}
	}
}

func TestACLsNameWhatIsThereAndLetNobodyManage(t *testing.T) {
	t.Parallel()
	var topics []string
	for _, s := range topic.Specs(1, false) {
		topics = append(topics, s.Name)
	}
	writers := map[string][]string{}
	seen := map[string]bool{}
	for _, a := range ACLs() {
		if a.Kind == Topic && (a.Prefix || !slices.Contains(topics, a.Name)) {
			t.Errorf("%s: there is no topic %s", a.Service, a.Name)
		}
		for _, o := range a.Operations {
			if !slices.Contains([]kadm.ACLOperation{kadm.OpRead, kadm.OpWrite, kadm.OpDescribe, kadm.OpDescribeConfigs}, o) {
				t.Errorf("%s may %v %s", a.Service, o, a.Name)
			}
			if a.Kind == Topic && o == kadm.OpWrite {
				writers[a.Name] = append(writers[a.Name], a.Service)
			}
		}
		seen[a.Service] = true
	}
	if !slices.Equal(writers[topic.Enriched], []string{Enricher}) {
		t.Errorf("%v write what the enricher alone does", writers[topic.Enriched])
	}
	for _, service := range []string{Ingest, Refresher, Enricher, Sink, Live, Ledger} {
		if !seen[service] {
			t.Errorf("%s may do nothing", service)
		}
	}
}
