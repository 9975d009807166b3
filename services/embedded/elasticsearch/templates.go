package elasticsearch

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Kinds of templates, as they are stored and as answers name them.
const (
	indexKind     = "index_template"
	componentKind = "component_template"
)

func (c *catalog) templatesOf(kind string) map[string]*template {
	if kind == componentKind {
		return c.components
	}
	return c.templates
}

func (h *handler) putIndexTemplate(r request) (reply, error) { return h.putTemplate(r, indexKind) }
func (h *handler) putComponentTemplate(r request) (reply, error) {
	return h.putTemplate(r, componentKind)
}
func (h *handler) getIndexTemplate(r request) (reply, error) { return h.getTemplate(r, indexKind) }
func (h *handler) getComponentTemplate(r request) (reply, error) {
	return h.getTemplate(r, componentKind)
}
func (h *handler) deleteIndexTemplate(r request) (reply, error) {
	return h.deleteTemplate(r, indexKind)
}
func (h *handler) deleteComponentTemplate(r request) (reply, error) {
	return h.deleteTemplate(r, componentKind)
}

// putTemplate stores a template for the indices to come; those that exist are not touched.
func (h *handler) putTemplate(r request, kind string) (reply, error) {
	name := r.path["name"]
	t, err := parseTemplate(r.body, kind == componentKind)
	if err != nil {
		return reply{}, err
	}
	err = h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		if _, exists := c.templatesOf(kind)[name]; exists && r.query.Get("create") == "true" {
			return badArgument("%s [%s] already exists", strings.ReplaceAll(kind, "_", " "), name)
		}
		for _, component := range t.composedOf {
			if c.components[component] == nil && !slices.Contains(t.mayMiss, component) {
				return fail(http.StatusBadRequest, "invalid_index_template_exception",
					"index_template [%s] invalid, cause [index template [%s] specifies component templates [%s] that do not exist]", name, name, component)
			}
		}
		c.templatesOf(kind)[name] = t
		if len(t.patterns) > 0 {
			// Parts that do not fit together are found now, not when the first document comes.
			if _, err := c.compose(strings.ReplaceAll(t.patterns[0], "*", "x"), parts{}); err != nil {
				return err
			}
		}
		_, err := w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO templates (kind, name, definition) VALUES (?,?,?)", kind, name, string(t.definition))
		if err != nil {
			return fmt.Errorf("store template: %w", err)
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"acknowledged": true}}, err
}

// getTemplate answers with the templates of a name or pattern.
func (h *handler) getTemplate(r request, kind string) (reply, error) {
	pattern := r.path["name"]
	if pattern == "" {
		pattern = "*"
	}
	found := []map[string]any{}
	for name, t := range h.store.current.Load().templatesOf(kind) {
		if wildcard(pattern, name) {
			found = append(found, map[string]any{"name": name, kind: t.definition})
		}
	}
	if len(found) == 0 && !strings.Contains(pattern, "*") {
		return reply{}, noSuchTemplate(kind, pattern)
	}
	return reply{http.StatusOK, map[string]any{kind + "s": found}}, nil
}

// simulateIndex answers what an index of a name would be made with.
func (h *handler) simulateIndex(r request) (reply, error) {
	if len(r.body) > 0 {
		return reply{}, unsupported("_simulate_index with a body", "the templates that are there")
	}
	composed, err := h.store.current.Load().compose(r.path["name"], parts{})
	if err != nil {
		return reply{}, err
	}
	x := &index{aliases: composed.aliases}
	return reply{http.StatusOK, map[string]any{
		"template":    map[string]any{"settings": nestSettings(composed.settings), "mappings": composed.mapping, "aliases": describeAliases(x, "*")},
		"overlapping": []any{},
	}}, nil
}

func noSuchTemplate(kind, name string) *failure {
	return fail(http.StatusNotFound, "resource_not_found_exception", "%s matching [%s] not found", strings.ReplaceAll(kind, "_", " "), name)
}

func (h *handler) deleteTemplate(r request, kind string) (reply, error) {
	name := r.path["name"]
	err := h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		if c.templatesOf(kind)[name] == nil {
			return noSuchTemplate(kind, name)
		}
		for user, t := range c.templates {
			for _, component := range t.composedOf {
				if kind == componentKind && component == name && !slices.Contains(t.mayMiss, component) {
					return badArgument("component templates [%s] cannot be removed as they are still in use by index templates [%s]", name, user)
				}
			}
		}
		delete(c.templatesOf(kind), name)
		if _, err := w.conn.ExecContext(ctx, "DELETE FROM templates WHERE kind=? AND name=?", kind, name); err != nil {
			return fmt.Errorf("delete template: %w", err)
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"acknowledged": true}}, err
}
