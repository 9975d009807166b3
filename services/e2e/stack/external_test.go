package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

func TestFilesForServersOfOnesOwnReachTheServicesThatNeedThemAndNoOther(t *testing.T) {
	t.Parallel()
	all := []string{"enricher", "ingest", "ledger", "live", "provision", "refresher", "sink"}
	index, archive := []string{"ledger", "provision", "sink"}, []string{"ingest", "ledger", "provision", "refresher", "sink"}
	want := map[string][]string{
		"KAFKA_CA_FILE": all, "KAFKA_CLIENT_CERT_FILE": all, "KAFKA_CLIENT_KEY_FILE": all, "KAFKA_PASSWORD_FILE": all,
		"ELASTICSEARCH_CA_FILE": index, "ELASTICSEARCH_PASSWORD_FILE": index, "ELASTICSEARCH_API_KEY_FILE": index,
		"S3_CA_FILE": archive, "S3_SECRET_KEY_FILE": archive,
		"KIBANA_CA_FILE": {"provision"}, "KIBANA_PASSWORD_FILE": {"provision"}, "KIBANA_API_KEY_FILE": {"provision"},
	}
	without := load(t, variants["compose.external.yaml"], given...)
	for name, services := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "/invented/" + name
			with := load(t, variants["compose.external.yaml"], append(slices.Clone(given), name+"="+source)...)
			var got []string
			for _, s := range with.Services {
				variable := "CATSVDOGS_" + name
				path := s.Environment[variable]
				if path != nil && *path != "" {
					got = append(got, s.Name)
					if mounted(with, s, *path) != source {
						t.Errorf("%s is told of %s, and finds %q there", s.Name, *path, mounted(with, s, *path))
					}
					if nothing := without.Services[s.Name].Environment[variable]; nothing == nil || *nothing != "" {
						t.Errorf("%s is told of a file that nobody gave", s.Name)
					}
				} else if mounts(with, s, source) {
					t.Errorf("%s has it, and is not told of it", s.Name)
				}
			}
			if slices.Sort(got); !slices.Equal(got, services) {
				t.Errorf("it reaches %q, want %q", got, services)
			}
		})
	}
}

func TestWhatIsNotGivenForServersOfOnesOwnIsAnEmptyFile(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.external.yaml"], given...)
	if len(p.Secrets) == 0 {
		t.Fatal("no file can be given")
	}
	for name, s := range p.Secrets {
		if s.File != "/dev/null" {
			t.Errorf("%s is %q", name, s.File)
		}
	}
}

// mounted returns the file that a service finds at a path.
func mounted(p *types.Project, s types.ServiceConfig, path string) string {
	for _, m := range s.Secrets {
		target := m.Target
		if target == "" {
			target = m.Source
		}
		if !strings.HasPrefix(target, "/") {
			target = "/run/secrets/" + target
		}
		if target == path {
			return p.Secrets[m.Source].File
		}
	}
	return ""
}

func mounts(p *types.Project, s types.ServiceConfig, file string) bool {
	return slices.ContainsFunc(s.Secrets, func(m types.ServiceSecretConfig) bool { return p.Secrets[m.Source].File == file })
}
