package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// root is the repository's folder, seen from this package.
const root = "../../.."

// The stack and its variants, by the files that make them up.
var variants = map[string][]string{
	"compose.yaml":          {"compose.yaml"},
	"compose.ha.yaml":       {"compose.yaml", "compose.ha.yaml"},
	"compose.secure.yaml":   {"compose.yaml", "compose.secure.yaml"},
	"compose.external.yaml": {"compose.yaml", "compose.external.yaml"},
}

// given is what compose.external.yaml cannot do without.
var given = []string{
	"KAFKA_BROKERS=broker.invalid:9092", "ELASTICSEARCH_URL=https://index.invalid", "S3_ENDPOINT=https://store.invalid",
}

// load returns the model of a variant as compose sees it, with these variables alone.
func load(t *testing.T, files []string, env ...string) *types.Project {
	t.Helper()
	folder, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, filepath.Join(folder, f))
	}
	options, err := cli.NewProjectOptions(paths, cli.WithWorkingDirectory(folder), cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// eachService runs a test for each service of each variant.
func eachService(t *testing.T, test func(t *testing.T, p *types.Project, s types.ServiceConfig)) {
	t.Helper()
	for name, files := range variants {
		project := load(t, files, given...)
		for _, service := range project.Services {
			t.Run(name+"/"+service.Name, func(t *testing.T) {
				t.Parallel()
				test(t, project, service)
			})
		}
	}
}

// ours says whether a service is one of this repository's, built by its Dockerfile.
func ours(s types.ServiceConfig) bool {
	return s.Build != nil && s.Build.Dockerfile == "services/Dockerfile"
}

// stays says whether a service is meant to run until it is stopped.
func stays(s types.ServiceConfig) bool { return s.Restart != "no" }

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
