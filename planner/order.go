package planner

// order holds the edges of an instance: preds come before it, followers after
// it. triggers are those of preds whose change makes a call run. lookers are looked
// at again when the instance settles: their checks come after its check, and there
// need not be an edge between the two, as a call that is between has no check.
type order struct {
	preds     []*instance
	predSet   map[*instance]bool
	triggers  []*instance
	followers []*instance
	lookers   []*instance
	// implied are those of preds that it comes after only since both change one thing.
	implied map[*instance]bool
}

// imply notes that i comes after q only since both change one thing.
func (i *instance) imply(q *instance) {
	if i.implied == nil {
		i.implied = map[*instance]bool{}
	}
	i.implied[q] = true
}

// follow adds an edge: i comes after q. It returns false if the edge was there,
// or would lead from an instance to itself.
func (i *instance) follow(q *instance) bool {
	if q == i || i.predSet[q] {
		return false
	}
	if i.predSet == nil {
		i.predSet = map[*instance]bool{}
	}
	i.predSet[q] = true
	i.preds = append(i.preds, q)
	q.followers = append(q.followers, i)
	return true
}

// comesAfter reports whether q is before i, over however many edges. It searches
// back from i and forward from q by turns, since an instance that was just added
// to a long chain has nothing on one side and ends the search at once.
func comesAfter(i, q *instance) bool {
	back := newSearch(i, q, func(x *instance) []*instance { return x.preds })
	forth := newSearch(q, i, func(x *instance) []*instance { return x.followers })
	for back.step() && forth.step() {
	}
	return back.found || forth.found
}

// search looks for one instance from another, a step at a time.
type search struct {
	wanted *instance
	next   func(*instance) []*instance
	seen   map[*instance]bool
	stack  []*instance
	found  bool
}

func newSearch(from, wanted *instance, next func(*instance) []*instance) *search {
	return &search{wanted: wanted, next: next, stack: []*instance{from}}
}

// step looks at one instance. It returns false if the search is over.
func (s *search) step() bool {
	if len(s.stack) == 0 {
		return false
	}
	x := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	for _, y := range s.next(x) {
		if y == s.wanted {
			s.found = true
			return false
		}
		if !s.seen[y] {
			if s.seen == nil {
				s.seen = map[*instance]bool{}
			}
			s.seen[y] = true
			s.stack = append(s.stack, y)
		}
	}
	return true
}
