package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/provision/access"
)

// indexAccess gives Elasticsearch the roles of the services, a user for each, and Kibana's server its password.
func (p *provisioner) indexAccess(ctx context.Context) error {
	s, err := p.indexServer()
	if err != nil {
		return err
	}
	if err := s.ensurePassword(ctx, p.cfg, access.KibanaServer); err != nil {
		return refusedByIndex(fmt.Errorf("user %s: %w", access.KibanaServer, err))
	}
	for _, r := range access.Roles() {
		if err := s.ensureRole(ctx, r); err != nil {
			return refusedByIndex(fmt.Errorf("role %s: %w", r.Name, err))
		}
		if err := s.ensureUser(ctx, p.cfg, r.Name); err != nil {
			return refusedByIndex(fmt.Errorf("user %s: %w", r.Name, err))
		}
	}
	return nil
}

// ensureRole brings a role to what it is to be, also one that somebody has changed: what it lets a service do is no matter of
// taste.
func (s *indexServer) ensureRole(ctx context.Context, r access.Role) error {
	subject := "role " + r.Name
	found, err := s.get(ctx, esapi.SecurityGetRoleRequest{Name: []string{r.Name}})
	if err != nil {
		return err
	}
	have, err := json.Marshal(found[r.Name])
	if err != nil {
		return err
	}
	var before access.Privileges
	if err := json.Unmarshal(have, &before); err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	body, err1 := json.Marshal(r.Body)
	was, err2 := json.Marshal(before) // which leaves out what is empty, as the body does
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if bytes.Equal(body, was) {
		s.tell(subject, "found")
		return nil
	}
	return s.put(ctx, subject, found, esapi.SecurityPutRoleRequest{Name: r.Name, Body: bytes.NewReader(body)})
}

// ensureUser makes the user of a role, by its name, and gives it its password where it has another.
func (s *indexServer) ensureUser(ctx context.Context, cfg Config, name string) error {
	found, err := s.get(ctx, esapi.SecurityGetUserRequest{Username: []string{name}})
	if err != nil {
		return err
	}
	if have, ok := found[name].(object); ok && have["enabled"] == true && reflect.DeepEqual(have["roles"], []any{name}) {
		return s.ensurePassword(ctx, cfg, name)
	}
	password, err := cfg.passwordOf("elasticsearch-" + name)
	if err != nil {
		return backoff.Permanent(err)
	}
	body, err := json.Marshal(object{"password": password.Reveal(), "roles": []string{name}, "enabled": true})
	if err != nil {
		return err
	}
	return s.put(ctx, indexUser(name), found, esapi.SecurityPutUserRequest{Username: name, Body: bytes.NewReader(body)})
}

// ensurePassword gives a user that is there its password where it has another.
func (s *indexServer) ensurePassword(ctx context.Context, cfg Config, name string) error {
	password, err := cfg.passwordOf("elasticsearch-" + name)
	if err != nil {
		return backoff.Permanent(err)
	}
	as := cfg.Elasticsearch
	as.ElasticsearchUsername, as.ElasticsearchPassword, as.ElasticsearchPasswordFile, as.ElasticsearchAPIKey = name, password, "", ""
	as.ElasticsearchAPIKeyFile = ""
	login, err := elastic.Connect(as)
	if err != nil {
		return backoff.Permanent(err)
	}
	_, err = elastic.Do(ctx, login, esapi.SecurityAuthenticateRequest{}, maxAnswerBytes)
	if err == nil {
		s.tell(indexUser(name), "found")
		return nil
	}
	if statusOf(err) != http.StatusUnauthorized {
		return err
	}
	body, err := json.Marshal(object{"password": password.Reveal()})
	if err != nil {
		return err
	}
	if err := s.do(ctx, esapi.SecurityChangePasswordRequest{Username: name, Body: bytes.NewReader(body)}); err != nil {
		return err
	}
	s.tell(indexUser(name), "given its password")
	return nil
}

func indexUser(name string) string { return "user " + name + " of Elasticsearch" }

// put makes what was not found, or puts it right, and tells which.
func (s *indexServer) put(ctx context.Context, subject string, found object, r esapi.Request) error {
	if err := s.do(ctx, r); err != nil {
		return err
	}
	outcome := "made"
	if found != nil {
		outcome = "it was not as it must be; put right"
	}
	s.tell(subject, "%s", outcome)
	return nil
}

// passwordOf reads a secret of a user from the folder of --access-dir.
func (c *Config) passwordOf(user string) (config.Secret, error) {
	secret, err := config.SecretFrom("", c.AccessDir+"/"+user)
	if err != nil {
		return "", fmt.Errorf("--access-dir: %w", err)
	}
	return secret, nil
}
