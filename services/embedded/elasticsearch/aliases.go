package elasticsearch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// aliasChange is an action of POST _aliases.
type aliasChange struct {
	Index     string          `json:"index"`
	Indices   []string        `json:"indices"`
	Alias     string          `json:"alias"`
	Aliases   []string        `json:"aliases"`
	Filter    json.RawMessage `json:"filter"`
	MustExist *bool           `json:"must_exist"`
}

// changeAliases does a list of actions, all or none.
func (h *handler) changeAliases(r request) (reply, error) {
	var body struct {
		Actions []struct {
			Add    *aliasChange `json:"add"`
			Remove *aliasChange `json:"remove"`
		} `json:"actions"`
	}
	if err := decodeStrict(r.body, &body); err != nil {
		return reply{}, err
	}
	err := h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		for _, action := range body.Actions {
			var err error
			switch {
			case action.Add != nil:
				err = w.addAlias(ctx, c, action.Add)
			case action.Remove != nil:
				err = w.removeAlias(ctx, c, action.Remove)
			default:
				err = unsupported("an alias action", "add and remove")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"acknowledged": true, "errors": false}}, err
}

// targets returns the indices and aliases of an action; aliases are no indices here.
func (a *aliasChange) targets(c *catalog) (indices []*index, aliases []string, err error) {
	aliases = append(slices.Clone(a.Aliases), nonEmpty(a.Alias)...)
	patterns := append(slices.Clone(a.Indices), nonEmpty(a.Index)...)
	if len(aliases) == 0 || len(patterns) == 0 {
		return nil, nil, fail(http.StatusBadRequest, "action_request_validation_exception", "an alias action needs [index] and [alias]")
	}
	for _, pattern := range patterns {
		before := len(indices)
		for name, x := range c.indices {
			if wildcard(pattern, name) {
				indices = append(indices, x)
			}
		}
		if len(indices) == before {
			return nil, nil, noSuchIndex(pattern)
		}
	}
	return indices, aliases, nil
}

func nonEmpty(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func (w *writer) addAlias(ctx context.Context, c *catalog, a *aliasChange) error {
	if a.Filter != nil {
		if _, err := parseQuery(a.Filter); err != nil {
			return err
		}
	}
	indices, aliases, err := a.targets(c)
	if err != nil {
		return err
	}
	for _, alias := range aliases {
		if err := checkIndexName(alias); err != nil {
			return err
		}
		if c.indices[alias] != nil {
			return fail(http.StatusBadRequest, "invalid_alias_name_exception", "Invalid alias name [%s]: an index or data stream exists with the same name as the alias", alias)
		}
	}
	for _, x := range indices {
		all := maps.Clone(x.aliases)
		if all == nil {
			all = map[string]json.RawMessage{}
		}
		for _, alias := range aliases {
			all[alias] = a.Filter
		}
		if err := w.setAliases(ctx, c, x, all); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) removeAlias(ctx context.Context, c *catalog, a *aliasChange) error {
	indices, aliases, err := a.targets(c)
	if err != nil {
		return err
	}
	removed := false
	for _, x := range indices {
		left := maps.Clone(x.aliases)
		for _, alias := range aliases {
			maps.DeleteFunc(left, func(name string, _ json.RawMessage) bool { return wildcard(alias, name) })
		}
		if len(left) == len(x.aliases) {
			continue
		}
		removed = true
		if err := w.setAliases(ctx, c, x, left); err != nil {
			return err
		}
	}
	if !removed && (a.MustExist == nil || *a.MustExist) {
		return fail(http.StatusNotFound, "aliases_not_found_exception", "aliases [%s] missing", strings.Join(aliases, ","))
	}
	return nil
}

func (w *writer) setAliases(ctx context.Context, c *catalog, x *index, aliases map[string]json.RawMessage) error {
	text, err := json.Marshal(aliases)
	if err != nil {
		return fmt.Errorf("change aliases of %s: %w", x.name, err)
	}
	if _, err := w.conn.ExecContext(ctx, "UPDATE indices SET aliases=? WHERE id=?", string(text), x.id); err != nil {
		return fmt.Errorf("change aliases of %s: %w", x.name, err)
	}
	changed := *x
	changed.aliases = aliases
	c.indices[x.name] = &changed
	return nil
}
