package stack

import (
	"go/version"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// A tag that is a version, or that only a build of ours has.
var pinned = regexp.MustCompile(`:v?\d+\.\d+\.\d+[-.\w]*$`)

func TestEveryImageIsPinned(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		if s.Build != nil {
			// With a name, compose looks for it in a registry first, where anybody may have taken it.
			if s.Image != "" || s.PullPolicy != "" {
				t.Errorf("it is built here, and yet has the image %q, pulled %q", s.Image, s.PullPolicy)
			}
			return
		}
		if !pinned.MatchString(s.Image) {
			t.Errorf("%s may change", s.Image)
		}
	})
	for _, file := range []string{"services/Dockerfile", "services/minio/Dockerfile"} {
		for _, base := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(read(t, file), -1) {
			if base[1] != "scratch" && !pinned.MatchString(base[1]) {
				t.Errorf("%s: %s may change", file, base[1])
			}
		}
	}
}

func TestTheServersAreThoseThatAreTestedWithoutContainers(t *testing.T) {
	t.Parallel()
	var tested strings.Builder
	files, err := filepath.Glob("../realparts/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		tested.WriteString(read(t, filepath.Join("services/e2e/stack", f)))
	}
	p := load(t, variants["compose.yaml"])
	for _, server := range []string{"kafka", "elasticsearch"} {
		_, tag, _ := strings.Cut(p.Services[server].Image, ":")
		if !strings.Contains(tested.String(), `"`+tag+`"`) {
			t.Errorf("%s is version %s, which make test-real does not start", server, tag)
		}
	}
	_, elasticsearch, _ := strings.Cut(p.Services["elasticsearch"].Image, ":")
	if !strings.HasSuffix(p.Services["kibana"].Image, ":"+elasticsearch) {
		t.Errorf("Kibana is %s, Elasticsearch %s", p.Services["kibana"].Image, elasticsearch)
	}
	minio := regexp.MustCompile(`minio@(\S+)`).FindStringSubmatch(read(t, "services/minio/Dockerfile"))
	if minio == nil || !strings.Contains(tested.String(), `"`+minio[1]+`"`) {
		t.Errorf("services/minio/Dockerfile builds %q, which make test-real does not start", minio)
	}
}

func TestTheImagesAreBuiltWithAGoThatIsNewEnough(t *testing.T) {
	t.Parallel()
	wanted := "go" + regexp.MustCompile(`(?m)^go (\S+)`).FindStringSubmatch(read(t, "go.work"))[1]
	for _, file := range []string{"services/Dockerfile", "services/minio/Dockerfile"} {
		builder := regexp.MustCompile(`(?m)^FROM golang:([\d.]+)-`).FindStringSubmatch(read(t, file))
		if builder == nil || version.Compare("go"+builder[1], wanted) < 0 {
			t.Errorf("%s is built with %q, go.work wants %s", file, builder, wanted)
		}
	}
}

func TestTheImageBuildsEveryServiceOfTheStackAndCopiesEveryModuleItNeeds(t *testing.T) {
	t.Parallel()
	dockerfile := read(t, "services/Dockerfile")
	built := strings.Fields(regexp.MustCompile(`for service in ([\w ]+); do`).FindStringSubmatch(dockerfile)[1])
	copied := map[string]bool{}
	for _, c := range regexp.MustCompile(`(?m)^COPY (\S+)/go\.(?:mod|\*) `).FindAllStringSubmatch(dockerfile, -1) {
		copied[c[1]] = true
	}
	replaced := regexp.MustCompile(`=> (\.\.?/\S+)`)
	for name, s := range load(t, variants["compose.yaml"]).Services {
		if !ours(s) {
			continue
		}
		service := "services/" + name
		if name == "credentials" { // is provision's command
			name, service = "provision", "services/provision"
		}
		if given := s.Build.Args["SERVICE"]; given == nil || *given != name {
			t.Errorf("%s is built for another SERVICE", name)
		}
		if !slices.Contains(built, name) {
			t.Errorf("%s is not built; built are %q", name, built)
		}
		if !copied[service] {
			t.Errorf("%s/go.mod is not copied before the download", service)
		}
		for _, r := range replaced.FindAllStringSubmatch(read(t, service+"/go.mod"), -1) {
			if module := filepath.ToSlash(filepath.Join(service, r[1])); !copied[module] {
				t.Errorf("%s needs %s, whose go.mod is not copied before the download", name, module)
			}
		}
	}
}

func TestTheImagesAreBuiltByOldEnginesToo(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"services/Dockerfile", "services/minio/Dockerfile"} {
		for _, newer := range []string{"# syntax=", "--link", "--mount", "--chmod", "<<"} {
			if strings.Contains(read(t, file), newer) {
				t.Errorf("%s: %s needs BuildKit", file, newer)
			}
		}
	}
}
