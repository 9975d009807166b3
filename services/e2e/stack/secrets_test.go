package stack

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"catsvdogs/services/provision/access"
)

// secretName is the name of a variable that holds a secret itself, and not a file of it.
var secretName = regexp.MustCompile(`(PASSWORD|SECRET|TOKEN|API_KEY|SECRET_KEY|CREDENTIALS?|PRIVATE)(_\w+)?$`)

func TestNoVariableHoldsASecretWhichDockerInspectWouldShow(t *testing.T) {
	t.Parallel()
	// Whoever still gives one by a variable must not have it passed on.
	env := slices.Clone(given)
	for _, name := range []string{"MINIO_ROOT_PASSWORD", "ELASTIC_PASSWORD", "S3_SECRET", "TOKEN", "PASSWORD"} {
		env = append(env, name+"=canary")
	}
	for name, files := range variants {
		for _, s := range load(t, files, env...).Services {
			for variable, value := range s.Environment {
				if value == nil || *value == "" {
					continue
				}
				if secretName.MatchString(variable) && !strings.HasSuffix(variable, "_FILE") {
					t.Errorf("%s: %s has %s", name, s.Name, variable)
				}
				if strings.HasSuffix(variable, "_FILE") && !strings.HasPrefix(*value, "/") {
					t.Errorf("%s: %s has %s=%s, which is no file", name, s.Name, variable, *value)
				}
				if strings.Contains(*value, "canary") || strings.Contains(*value, "://") && strings.Contains(*value, "@") {
					t.Errorf("%s: %s has %s=%s", name, s.Name, variable, *value)
				}
			}
			for _, word := range slices.Concat(s.Command, s.Entrypoint, healthTest(s)) {
				if regexp.MustCompile(`(?i)password=|--user[= ]\S+:[^%]|-u \S+:`).MatchString(word) {
					t.Errorf("%s: %s has %q on a command line", name, s.Name, word)
				}
			}
		}
	}
}

func healthTest(s types.ServiceConfig) []string {
	if s.HealthCheck == nil {
		return nil
	}
	return s.HealthCheck.Test
}

func TestASecretByAVariableIsRefusedAndNotPassedOver(t *testing.T) {
	t.Parallel()
	for name, variant := range map[string]string{
		"X_BEARER_TOKEN": "compose.yaml", "KAFKA_PASSWORD": "compose.external.yaml", "ELASTICSEARCH_PASSWORD": "compose.external.yaml",
		"ELASTICSEARCH_API_KEY": "compose.external.yaml", "KIBANA_PASSWORD": "compose.external.yaml", "KIBANA_API_KEY": "compose.external.yaml",
		"S3_SECRET_KEY": "compose.external.yaml",
	} {
		var sources []string
		p := load(t, variants[variant], append(slices.Clone(given), name+"=canary")...)
		for _, s := range p.Services {
			for _, v := range s.Volumes {
				sources = append(sources, v.Source)
			}
		}
		for _, s := range p.Secrets {
			sources = append(sources, s.File)
		}
		// Docker mounts no file that is not there, and says its name.
		told := slices.ContainsFunc(sources, func(source string) bool {
			_, err := os.Stat(source)
			return strings.Contains(source, name+" is not taken any more, give "+name+"_FILE") && errors.Is(err, os.ErrNotExist) && !strings.Contains(source, "canary")
		})
		if !told {
			t.Errorf("%s is passed over: %q", name, sources)
		}
	}
}

func TestSecretsAreMadeWhereNobodyElseIs(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"compose.yaml", "compose.ha.yaml", "compose.secure.yaml"} {
		p := load(t, variants[variant])
		maker := p.Services["credentials"]
		if maker.NetworkMode != "none" || maker.User != "0:0" || !maker.ReadOnly || len(maker.Ports) > 0 {
			t.Errorf("%s: %+v", variant, maker)
		}
		handed := map[string]string{} // volume to reader
		for _, v := range maker.Volumes {
			name, found := strings.CutPrefix(v.Target, "/credentials/")
			if !found {
				t.Errorf("%s: it can write %s", variant, v.Target)
			}
			handed[v.Source] = name
		}
		if handed["vault"] != "vault" {
			t.Errorf("%s: the vault is not kept", variant)
		}
		for _, s := range p.Services {
			if s.Name == "credentials" {
				continue
			}
			for _, v := range s.Volumes {
				reader, isSecret := handed[v.Source]
				if isSecret && (reader != s.Name || !v.ReadOnly || v.Target != "/credentials") {
					t.Errorf("%s: %s has the secrets of %s at %s, read-only: %t", variant, s.Name, reader, v.Target, v.ReadOnly)
				}
				if isSecret {
					delete(handed, v.Source)
				}
			}
		}
		delete(handed, "vault")
		if len(handed) > 0 {
			t.Errorf("%s: nobody reads %v", variant, handed)
		}
	}
}

func TestEveryServiceLogsInAsItselfAndOnlyProvisionAsAnAdministrator(t *testing.T) {
	t.Parallel()
	users := []string{"catsvdogs_sink", "catsvdogs_ledger"}
	for _, variant := range []string{"compose.yaml", "compose.ha.yaml", "compose.secure.yaml"} {
		for _, s := range load(t, variants[variant]).Services {
			if !ours(s) || s.Name == "credentials" {
				continue
			}
			is := func(variable, want string) {
				if got := s.Environment[variable]; got != nil && *got != want {
					t.Errorf("%s: %s has %s=%s, want %s", variant, s.Name, variable, *got, want)
				}
			}
			if s.Name == access.Provision {
				is("CATSVDOGS_ELASTICSEARCH_USERNAME", access.ElasticsearchAdmin)
				is("CATSVDOGS_S3_ACCESS_KEY", access.StoreAdmin)
				continue
			}
			is("CATSVDOGS_ELASTICSEARCH_USERNAME", "catsvdogs_"+s.Name)
			is("CATSVDOGS_S3_ACCESS_KEY", access.Principal(s.Name))
			if user := s.Environment["CATSVDOGS_ELASTICSEARCH_USERNAME"]; user != nil && !slices.Contains(users, *user) {
				t.Errorf("%s: %s has no role", variant, *user)
			}
			for _, server := range []string{"CATSVDOGS_ELASTICSEARCH_URL", "CATSVDOGS_S3_ENDPOINT"} {
				login := map[string]string{"CATSVDOGS_ELASTICSEARCH_URL": "CATSVDOGS_ELASTICSEARCH_PASSWORD_FILE", "CATSVDOGS_S3_ENDPOINT": "CATSVDOGS_S3_SECRET_KEY_FILE"}[server]
				if s.Environment[server] != nil && s.Environment[login] == nil {
					t.Errorf("%s: %s has %s and no %s", variant, s.Name, server, login)
				}
			}
		}
	}
}

func TestKafkaAsksWhoIsThereOnEveryListener(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.secure.yaml"])
	env := p.Services["kafka"].Environment
	for _, listener := range strings.Split(*env["KAFKA_LISTENERS"], ",") {
		name, _, _ := strings.Cut(listener, ":")
		if !slices.Contains(strings.Split(*env["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"], ","), name+":SSL") {
			t.Errorf("%s lets everybody in", listener)
		}
	}
	if *env["KAFKA_SSL_CLIENT_AUTH"] != "required" || !strings.Contains(*env["KAFKA_AUTHORIZER_CLASS_NAME"], "StandardAuthorizer") {
		t.Error("it does not ask, or does not mind the answer")
	}
	if want := "User:" + access.BrokerPrincipal + ";User:" + access.Principal(access.Provision); *env["KAFKA_SUPER_USERS"] != want {
		t.Errorf("who may do everything is %s, want %s", *env["KAFKA_SUPER_USERS"], want)
	}
	for _, s := range p.Services {
		if s.Environment["CATSVDOGS_KAFKA_BROKERS"] != nil && (s.Environment["CATSVDOGS_KAFKA_TLS"] == nil || *s.Environment["CATSVDOGS_KAFKA_TLS"] != "true") {
			t.Errorf("%s does not encrypt", s.Name)
		}
	}
}

func TestElasticsearchAndKibanaAskWhoIsThere(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.yaml"])
	if env := p.Services["elasticsearch"].Environment; *env["xpack.security.enabled"] != "true" || *env["ELASTIC_PASSWORD_FILE"] != "/credentials/elastic" {
		t.Error("Elasticsearch lets everybody in")
	}
	kibana := p.Services["kibana"]
	if !slices.Equal(kibana.Command, []string{"/usr/local/bin/kibana-docker", "-c", "/usr/share/kibana/config/kibana.yml", "-c", "/credentials/kibana.yml"}) {
		t.Errorf("Kibana starts as %q", kibana.Command)
	}
	if settings := read(t, "kibana/kibana.yml"); !strings.Contains(settings, "\nxpack.security.authc.selector.enabled: false\n") {
		t.Error("Kibana asks viewers how they want to log in")
	}
}
