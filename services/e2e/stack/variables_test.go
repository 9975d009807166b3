package stack

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/ledger"
	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/provision"
	"catsvdogs/services/provision/credentials"
	"catsvdogs/services/refresher"
	"catsvdogs/services/simulator"
	"catsvdogs/services/sink"
)

// configurations are what our services can be told.
var configurations = map[string]any{
	"provision": &provision.Config{}, "simulator": &simulator.Config{}, "ingest": &ingest.Config{},
	"credentials": &credentials.Config{}, "ledger": &ledger.Config{},
	"refresher": &refresher.Config{}, "enricher": &enricher.Config{}, "sink": &sink.Config{}, "live": &live.Config{},
}

func TestEveryVariableIsKnownToTheServiceThatGetsIt(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		var known []string
		if ours(s) {
			var err error
			if known, err = config.Variables(configurations[s.Name]); err != nil {
				t.Fatal(err)
			}
		}
		for name := range s.Environment {
			if strings.HasPrefix(name, config.EnvPrefix) && !slices.Contains(known, name) {
				t.Errorf("%s means nothing to it", name)
			}
		}
	})
}

// knob is a variable in a compose file, with what stands in its place when it is not given.
var knob = regexp.MustCompile(`\$\{(\w+)(?:(:?[-+?])([^}]*))?\}`)

// noMore is what says that a variable is not taken any more.
var noMore = regexp.MustCompile(`\$\{\w+:\+ \(\w+ is not taken any more, [^}]*\}`)

func TestTheExampleOfSettingsHasEveryKnobWithItsDefaultAndNothingElse(t *testing.T) {
	t.Parallel()
	example, err := dotenv.Read(root + "/.env.example")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, files := range variants {
		text := strings.ReplaceAll(noMore.ReplaceAllString(read(t, files[len(files)-1]), ""), "$$", "")
		for _, found := range knob.FindAllStringSubmatch(text, -1) {
			name, operator, value := found[1], found[2], found[3]
			used[name] = true
			got, listed := example[name]
			if !listed {
				t.Errorf("%s lacks in .env.example", name)
			}
			switch operator {
			case ":-":
				// Where a secret or a file is given, something else than its default shows that it is.
				if value != got && value != "/dev/null" {
					t.Errorf("%s is %q in .env.example, and %q without it", name, got, value)
				}
			case ":+", ":?":
			default:
				t.Errorf("%s: give it a default with :-, or ask for it with :?", found[0])
			}
		}
		if bare := regexp.MustCompile(`\$\w+`).FindString(text); bare != "" {
			t.Errorf("%s hides in the text; write it with braces", bare)
		}
	}
	used["COMPOSE_FILE"] = true // by compose itself
	for name := range maps.Keys(example) {
		if !used[name] {
			t.Errorf("%s is in .env.example and used nowhere", name)
		}
	}
}

func TestATokenReachesThoseAloneThatAskX(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.yaml"], "X_BEARER_TOKEN_FILE=/invented/token")
	for _, s := range p.Services {
		asks := s.Name == "ingest" || s.Name == "refresher"
		for _, v := range s.Volumes {
			if v.Source == "/invented/token" && (!asks || !v.ReadOnly || *s.Environment["CATSVDOGS_X_BEARER_TOKEN_FILE"] != v.Target) {
				t.Errorf("%s gets it as %s", s.Name, v.Target)
			}
		}
		if !asks {
			continue
		}
		if s.Volumes[0].Source != "/invented/token" {
			t.Errorf("%s gets %v", s.Name, s.Volumes)
		}
		if without := load(t, variants["compose.yaml"]).Services[s.Name]; *without.Environment["CATSVDOGS_X_BEARER_TOKEN_FILE"] != "" {
			t.Errorf("%s is told of a token file that nobody gave", s.Name)
		}
	}
}
