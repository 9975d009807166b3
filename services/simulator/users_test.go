package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestAuthorsOfPostsCanBeLookedUp(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	r := s.connect("?expansions=author_id&user.fields=public_metrics,verified")
	var post struct {
		Includes struct{ Users []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(r.next()), &post); err != nil || len(post.Includes.Users) != 1 {
		t.Fatalf("%v: %+v", err, post)
	}
	var user struct{ ID, Username string }
	if err := json.Unmarshal(post.Includes.Users[0], &user); err != nil {
		t.Fatal(err)
	}
	want := `{"data":` + string(post.Includes.Users[0]) + "}\n"
	for _, path := range []string{"/2/users/" + user.ID, "/2/users/by/username/" + user.Username, "/2/users/by/username/" + strings.ToUpper(user.Username)} {
		if resp, got := s.do("GET", path+"?user.fields=public_metrics,verified", ""); got != want || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d\n%s\n%s", path, resp.StatusCode, got, want)
		}
	}
	for name, path := range map[string]string{"user_missing": "/2/users/by/username/nobody", "user_id_missing": "/2/users/20", "user_bad_id": "/2/users/x", "user_bad_field": "/2/users/20?user.fields=x&max_results=3"} {
		resp, text := s.do("GET", path, "")
		golden(t, name, resp, text)
	}
}

func TestWhatXHasAndThisHasNotIsToldAsXDoes(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	resp, text := s.do("GET", "/2/spaces/search?query=x", "")
	golden(t, "unknown_path", resp, text)
	resp, text = s.do("PUT", rulesPath, "{}")
	golden(t, "unknown_method", resp, text)
	if got := resp.Header.Values("Allow"); len(got) != 2 || got[0] != "GET" || got[1] != "POST" {
		t.Errorf("Allow: %v", got)
	}
}
