package world

// phrasebook is how one language talks. Templates hold placeholders:
// {animal} {breed} {act} {mood} {place} {thing} {name} {emoji} {face} {topic}
// {other} {tag} {number}.
type phrasebook struct {
	lang  string
	share float64 // of the authors; all shares add up to 1

	animals, acts [3][]string // by theme
	moods         []string
	places        []string
	things        []string

	pets, generic, both, neutral, promos []string
	alt                                  string // a photo's description
}

// phrasebooks are all languages, the most frequent first.
func phrasebooks() []*phrasebook {
	return []*phrasebook{&english, &spanish, &portuguese, &japanese, &german, &french}
}

func phrasebookOf(lang string) *phrasebook {
	switch lang {
	case "es":
		return &spanish
	case "pt":
		return &portuguese
	case "ja":
		return &japanese
	case "de":
		return &german
	case "fr":
		return &french
	default:
		return &english
	}
}

// languageAt turns a number from 0 to 1 into a language, by the shares.
func languageAt(x float64) string {
	for _, p := range phrasebooks() {
		if x -= p.share; x < 0 {
			return p.lang
		}
	}
	return english.lang
}

// breeds are proper names in every language; a subject that is no animal has
// makes and models instead.
var breeds = [3][]string{
	anything: {"classic", "homemade", "vintage", "extra large", "limited", "weekend"},
	cats: {
		"Maine Coon", "tabby", "Siamese", "Ragdoll", "Bengal", "calico", "tuxedo", "British Shorthair", "Sphynx", "Norwegian Forest",
		"Scottish Fold", "Persian", "tortoiseshell", "ginger",
	},
	dogs: {
		"Labrador", "Corgi", "Shiba", "Beagle", "Border Collie", "Dachshund", "Golden Retriever", "Greyhound", "Poodle", "Samoyed",
		"Husky", "terrier", "Dalmatian", "Pug",
	},
}

var petNames = []string{
	"Biscuit", "Mochi", "Luna", "Waffles", "Pickle", "Nugget", "Olive", "Pepper", "Tofu", "Ziggy", "Marble", "Noodle", "Captain", "Hazel", "Pixel", "Sushi",
}

// emoji include sequences of several code points: joiners, skin tones,
// variation selectors.
var emoji = [3][]string{
	anything: {"✨", "🎉", "☕️", "🍵", "🌈", "🙌🏿", "👍🏽", "🧑🏽‍🍳", "🏳️‍🌈", "🇯🇵", "🇧🇷", "❤️"},
	cats:     {"🐱", "🐈", "🐈‍⬛", "😺", "😻", "🙀", "😼", "🐾", "🧶", "❤️", "👩🏽‍🦰🐈", "💤"},
	dogs:     {"🐶", "🐕", "🐕‍🦺", "🦮", "🐩", "🐾", "🦴", "🎾", "❤️", "🧑🏿‍🦱🐕", "🌳"},
}

var faces = []string{"😂", "🥰", "😍", "🥹", "😭", "🙂", "😴", "🤗", "😅", "🤦🏻‍♀️", "🙏🏾", "💛", "🇫🇷", "🇩🇪", ":)", ":D", ""}

var neutralTags = []string{
	"pets", "love", "monday", "friday", "sunday", "photography", "photooftheday", "cute", "weekend", "happy", "nature", "home", "smile",
	"family", "morning", "adorable", "rescue", "fun", "travel", "simulated",
}

var shopWords = []string{"cozy-bed", "snack-box", "tiny-hat", "rainy-day", "sunny-window", "long-walk", "first-week", "big-stretch", "weekend-plan", "gift-card"}
