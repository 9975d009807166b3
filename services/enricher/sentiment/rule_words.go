package sentiment

// degreeStep is what a degree adverb adds to or takes from the word after it:
// the mean change that the authors measured.
const degreeStep = 0.293

// negations turn a following word round. Words with "n't" do so too, listed
// here or not.
var negations = []string{
	"aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt", "doesnt",
	"ain't", "aren't", "can't", "couldn't", "daren't", "didn't", "doesn't",
	"dont", "hadnt", "hasnt", "havent", "isnt", "mightnt", "mustnt", "neither",
	"don't", "hadn't", "hasn't", "haven't", "isn't", "mightn't", "mustn't",
	"neednt", "needn't", "never", "none", "nope", "nor", "not", "nothing", "nowhere",
	"oughtnt", "shant", "shouldnt", "uhuh", "wasnt", "werent",
	"oughtn't", "shan't", "shouldn't", "uh-uh", "wasn't", "weren't",
	"without", "wont", "wouldnt", "won't", "wouldn't", "rarely", "seldom", "despite",
}

// strengtheners are the degree adverbs that push the word after them away from
// neutral.
var strengtheners = []string{
	"absolutely", "amazingly", "awfully",
	"completely", "considerable", "considerably",
	"decidedly", "deeply", "effing", "enormous", "enormously",
	"entirely", "especially", "exceptional", "exceptionally",
	"extreme", "extremely",
	"fabulously", "flipping", "flippin", "frackin", "fracking",
	"fricking", "frickin", "frigging", "friggin", "fully",
	"fuckin", "fucking", "fuggin", "fugging",
	"greatly", "hella", "highly", "hugely",
	"incredible", "incredibly", "intensely",
	"major", "majorly", "more", "most", "particularly",
	"purely", "quite", "really", "remarkably",
	"so", "substantially",
	"thoroughly", "total", "totally", "tremendous", "tremendously",
	"uber", "unbelievably", "unusually", "utter", "utterly",
	"very",
}

// softeners are the degree adverbs that pull the word after them towards
// neutral.
var softeners = []string{
	"almost", "barely", "hardly",
	"kinda", "kindof", "kind-of",
	"less", "little", "marginal", "marginally",
	"occasional", "occasionally", "partly",
	"scarce", "scarcely", "slight", "slightly", "somewhat",
	"sorta", "sortof", "sort-of",
}

// softeningPhrases are the degree adverbs of two words.
var softeningPhrases = map[string]float64{
	"just enough": -degreeStep, "kind of": -degreeStep, "sort of": -degreeStep,
}

// idiomValences replace the valence of the words in them. The reference also
// lists "badass", which no run of two or three words can equal, and a table of
// idioms marked as future work, which it never reads.
var idiomValences = map[string]float64{
	"the shit": 3, "the bomb": 3, "bad ass": 1.5, "bus stop": 0, "yeah right": -2,
	"kiss of death": -1.5, "to die for": 3, "beating heart": 3.5,
}

// contextWords are the words that the rules ask for by name.
var contextWords = []string{
	"at", "but", "doubt", "kind", "least", "never", "no", "nor", "of", "or",
	"so", "this", "very", "without",
}
