output "file" {
  value = file("data/a.txt") # VALUE: "alpha\n"
}
output "set" {
  value = fileset("data", "**/*.txt") # VALUE: ["a.txt","sub/b.txt"]
}
output "none" {
  value = fileset("data", "*.png") # VALUE: []
}
output "exists" {
  value = [fileexists("data/a.txt"), fileexists("data/z.txt")] # VALUE: [true,false]
}
output "base64" {
  value = filebase64("data/raw.bin") # VALUE: "AP/+"
}
output "hash" {
  value = filemd5("data/a.txt") # VALUE: "9f9f90dbe3e5ee1218c86b8839db1995"
}
output "binary" {
  value = try(file("data/raw.bin"), "not text") # VALUE: "not text"
}
output "template" {
  value = templatefile("data/t.tftpl", { names = ["x", "y"] }) # VALUE: "- x\n- y\n"
}
output "nested" {
  value = templatefile("data/outer.tftpl", {}) # VALUE: "[- z\n]\n"
}
output "path" {
  value = "${path.module} ${path.root}" # VALUE: ". ."
}
