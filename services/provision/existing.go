package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// growth is what an index lacks of what its template says now.
type growth struct {
	mapping object   // to put
	fields  []string // what mapping adds
	aliases object   // to add, or to give another filter
}

// growIndices brings the open indices of a template up to what it says now: fields are added and aliases set, nothing
// is taken away. want is what the server would make a new index with. An index whose mapping cannot take the fields is
// an error that names it.
func (s *indexServer) growIndices(ctx context.Context, name string, want object) error {
	all, err := s.openIndices(ctx, name)
	if err != nil {
		return err
	}
	var changed, fields, aliases, locked []string
	var errs []error
	for _, index := range slices.Sorted(maps.Keys(all)) {
		g := growthOf(want, at(all, index))
		if len(g.fields)+len(g.aliases) == 0 {
			continue
		}
		err := s.grow(ctx, index, g)
		switch {
		case statusOf(err) == http.StatusNotFound: // deleted meanwhile
		case isLocked(err):
			locked = append(locked, index)
		case statusOf(err) == http.StatusBadRequest:
			errs = append(errs, mustReindex(index, err))
		case err != nil:
			return fmt.Errorf("%s: %w", index, err)
		default:
			changed, fields, aliases = append(changed, index), append(fields, g.fields...), slices.AppendSeq(aliases, maps.Keys(g.aliases))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.readBack(ctx, name, want, locked, len(changed) > 0); err != nil {
		return err
	}
	s.tell("indices of "+name, "%s", outcomeOf(want, all, changed, fields, aliases, locked))
	return nil
}

// openIndices returns our indices of this name, with mappings, settings and aliases.
func (s *indexServer) openIndices(ctx context.Context, name string) (object, error) {
	yes := true
	all, err := s.get(ctx, esapi.IndicesGetRequest{
		Index: []string{indexPattern(name), name}, ExpandWildcards: "open", IgnoreUnavailable: &yes, AllowNoIndices: &yes,
	})
	if err != nil {
		return nil, err
	}
	if all[name] != nil {
		return nil, backoff.Permanent(fmt.Errorf("an index is named %s, where an alias of that name must be; something wrote to it before it was provisioned: rename it (_clone) or delete it", name))
	}
	maps.DeleteFunc(all, func(index string, _ any) bool { return !isOurs(index, name) })
	return all, nil
}

func growthOf(want, have object) growth {
	var g growth
	g.mapping, g.fields = lacking(at(want, "mappings"), at(have, "mappings"))
	g.aliases = object{}
	for alias, definition := range at(want, "aliases") {
		wanted, _ := definition.(object)
		had, ok := at(have, "aliases")[alias].(object)
		if !ok || !reflect.DeepEqual(wanted["filter"], had["filter"]) {
			g.aliases[alias] = wanted
		}
	}
	return g
}

// grow changes one index.
func (s *indexServer) grow(ctx context.Context, index string, g growth) error {
	if len(g.fields) > 0 {
		body, err := json.Marshal(g.mapping)
		if err != nil {
			return err
		}
		if err := s.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{index}, Body: bytes.NewReader(body)}); err != nil {
			return err
		}
	}
	if len(g.aliases) == 0 {
		return nil
	}
	var actions []object
	for alias, definition := range g.aliases {
		add := object{"index": index, "alias": alias}
		if filter := definition.(object)["filter"]; filter != nil {
			add["filter"] = filter
		}
		actions = append(actions, object{"add": add})
	}
	body, err := json.Marshal(object{"actions": actions})
	if err != nil {
		return err
	}
	return s.do(ctx, esapi.IndicesUpdateAliasesRequest{Body: bytes.NewReader(body)})
}

// readBack looks again at what was changed.
func (s *indexServer) readBack(ctx context.Context, name string, want object, locked []string, changed bool) error {
	if !changed {
		return nil
	}
	all, err := s.openIndices(ctx, name)
	if err != nil {
		return err
	}
	for index := range all {
		if g := growthOf(want, at(all, index)); !slices.Contains(locked, index) && len(g.fields)+len(g.aliases) > 0 {
			return fmt.Errorf("%s was changed, but reads back without %s", index, names(slices.AppendSeq(g.fields, maps.Keys(g.aliases))))
		}
	}
	return nil
}

// isLocked says that somebody has made the index read-only, as one does before moving it. It gets no documents, so it
// misses nothing. A full disk locks indices, too, but with 429, which is waited for.
func isLocked(err error) bool {
	var answer *elastic.StatusError
	if !errors.As(err, &answer) || answer.Status != http.StatusForbidden {
		return false
	}
	kind, _ := indexRefusal(answer)
	return kind == "cluster_block_exception"
}

func mustReindex(index string, err error) error {
	var answer *elastic.StatusError
	reason := err.Error()
	if errors.As(err, &answer) {
		_, reason = indexRefusal(answer)
	}
	return backoff.Permanent(fmt.Errorf("%s cannot take what its template says now: %s; a field's type never changes, so stop the sink, reindex it (_reindex) into an index of a name that is not ours, delete it, and reindex that back", index, reason))
}

// outcomeOf is the line about the indices of a template.
func outcomeOf(want, all object, changed, fields, aliases, locked []string) string {
	text := fmt.Sprintf("found %d", len(all))
	if len(changed) > 0 {
		text = fmt.Sprintf("changed %d of %d", len(changed), len(all))
		if len(fields) > 0 {
			text += ", fields " + names(fields)
		}
		if len(aliases) > 0 {
			text += ", alias " + names(aliases)
		}
	}
	if len(locked) > 0 {
		text += fmt.Sprintf("; read-only and left as they are: %s", names(locked))
	}
	replicas := flatSettings(at(want, "settings"))["number_of_replicas"]
	var other []string
	for index := range all {
		if flatSettings(at(all, index, "settings"))["number_of_replicas"] != replicas {
			other = append(other, index)
		}
	}
	if len(other) > 0 {
		text += fmt.Sprintf("; different: %s have another number of replicas than %s; left as they are (PUT INDEX/_settings changes it)", names(other), replicas)
	}
	return text
}
