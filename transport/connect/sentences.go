package connect

// Sentences are the fixed texts of the problems that programs of this package's kinds
// refuse with, in no order. They hold no value. Who hides secrets in problems can tell by
// them what is no secret, though a password may be spelt like a word in them.
func Sentences() []string {
	out := []string{"Becoming user ", "Becoming user root", " with su: ", " with doas: ", " Its last words: "}
	all := refusals{
		becomeUnasked, becomeOtherPrompt, suNeedsPassword, doasNeedsPassword,
		sudoPasswordNeeded, sudoOtherPrompt, sudoAsksBeside,
	}
	for _, of := range []refusals{suRefusals, doasRefusals, becomeRefusals, sudoRefusals} {
		all = append(all, of...)
	}
	for _, k := range sentKinds() {
		if of, ok := k.New().(prefixKind); ok {
			all = append(all, of.prefixed().Refusals...)
		}
	}
	for _, r := range all {
		out = append(out, r.Summary, r.Detail)
	}
	return out
}
