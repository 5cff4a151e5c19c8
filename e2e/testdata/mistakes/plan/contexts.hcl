context "chroot" "missing" {
  root = "/srv/none" # <-
}

context "nsenter" "gone" {
  pid = 4000000 # <-
}

context "sudo" "ghost" {
  user = "ghost" # <-
}
