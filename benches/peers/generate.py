"""Makes a landing of posts (`pin`), places (`geo`) and users (`user`) as the S3 sink of Kafka Connect lays it out.

It owns the shapes, the order of keys and the distributions of the generated records, and the names of the objects.
The same arguments always make the same bytes. It measures nothing and knows no engine.

    python3 benches/peers/generate.py OUT_DIR --posts 2000000 --per-object 100000 --partitions 3
"""

import argparse
import json
import os
import random
import string

CATEGORIES = (
    "art beauty christmas diy-and-crafts education event-planning finance home-decor mens-fashion "
    "quotes tattoos travel vehicles"
).split()
# Words that a reader of JSON must not stumble over: beyond ASCII, beyond the first plane, and escapes.
ODD_WORDS = ["déjà", "naïve", "\u2764\ufe0f", "\U0001f600", '"quoted"', "back\\slash", "tab\there"]
ODD_COUNTRIES = ["Côte d'Ivoire", "Åland Islands", "Albania", "British Virgin Islands (the)"]
# The emulation of posts that feeds such a landing writes these texts where a page of a story has no data.
STORY = {
    "title": "No Title Data Available",
    "description": "No description available Story format",
    "tag_list": "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",
    "is_image_or_video": "multi-video(story page format)",
    "image_src": "Image src error.",
}
STORY_SHARE = 0.08


class Records:
    """One seeded stream of records of each kind; asking in the same order gives the same records."""

    def __init__(self, posts, seed):
        self.random = rnd = random.Random(seed)
        letters = string.ascii_lowercase
        plain = ["".join(rnd.choices(letters, k=rnd.randint(2, 11))) for _ in range(4000)]
        self.words = plain + ODD_WORDS
        poster_count = min(200_000, max(1000, posts // 5))
        self.posters = [" ".join(rnd.choices(self.words, k=2)).title() for _ in range(poster_count)]
        self.names = [rnd.choice(plain).title() for _ in range(800)]
        self.countries = [f"Country {number:03d}" for number in range(240)] + ODD_COUNTRIES

    def pin(self, index):
        """A post: 12 fields, about 574 bytes as JSON."""
        rnd = self.random
        category = rnd.choice(CATEGORIES)
        if rnd.random() < STORY_SHARE:
            story = STORY
        else:
            digest = self._hex(32)
            story = {
                "title": self._text(rnd.randint(4, 12), " "),
                "description": self._text(rnd.randint(8, 60), " "),
                "tag_list": self._text(8, ","),
                "is_image_or_video": rnd.choice(("image", "image", "image", "video")),
                "image_src": "https://i.pinimg.com/originals/"
                f"{digest[:2]}/{digest[2:4]}/{digest[4:6]}/{digest}.jpg",
            }
        return {
            "index": index,
            "unique_id": f"{self._hex(8)}-{self._hex(4)}-4{self._hex(3)}-a{self._hex(3)}-{self._hex(12)}",
            "title": story["title"],
            "description": story["description"],
            "poster_name": rnd.choice(self.posters),
            "follower_count": self._follower_count(),
            "tag_list": story["tag_list"],
            "is_image_or_video": story["is_image_or_video"],
            "image_src": story["image_src"],
            "downloaded": int(rnd.random() < 0.9),
            "save_location": f"Local save in /data/{category}",
            "category": category,
        }

    def geo(self, index):
        """Where and when a post was made."""
        rnd = self.random
        return {
            "ind": index,
            "timestamp": self._time(2017, 2023),
            "latitude": round(rnd.uniform(-90, 90), 4),
            "longitude": round(rnd.uniform(-180, 180), 4),
            "country": rnd.choice(self.countries),
        }

    def user(self, index):
        """Who made a post."""
        rnd = self.random
        return {
            "ind": index,
            "first_name": rnd.choice(self.names),
            "last_name": rnd.choice(self.names),
            "age": rnd.randint(16, 80),
            "date_joined": self._time(2015, 2020),
        }

    def _text(self, words, between):
        return between.join(self.random.choices(self.words, k=words))

    def _hex(self, digits):
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def _follower_count(self):
        rnd = self.random
        kind = rnd.random()
        if kind < 0.1:
            return "User Info Error"
        if kind < 0.5:
            return str(rnd.randint(0, 999))
        if kind < 0.9:
            return f"{rnd.randint(1, 999)}k"
        return f"{rnd.randint(1, 20)}M"

    def _time(self, first_year, last_year):
        rnd = self.random
        day = f"{rnd.randint(first_year, last_year)}-{rnd.randint(1, 12):02d}-{rnd.randint(1, 28):02d}"
        return f"{day} {rnd.randint(0, 23):02d}:{rnd.randint(0, 59):02d}:{rnd.randint(0, 59):02d}"


def object_path(out, topic, partition, offset):
    """The path of an object as the sink names it: topic, partition and the offset of its first record."""
    return f"{out}/topics/{topic}/partition={partition}/{topic}+{partition}+{offset:010d}.json"


def write_topic(out, topic, record, posts, per_object, partitions):
    """Spreads `posts` records round-robin over the partitions, `per_object` in an object."""
    offsets = [0] * partitions
    waiting = [[] for _ in range(partitions)]

    def flush(partition):
        lines = waiting[partition]
        if lines:
            path = object_path(out, topic, partition, offsets[partition])
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            offsets[partition] += len(lines)
            waiting[partition] = []

    for partition in range(partitions):
        os.makedirs(f"{out}/topics/{topic}/partition={partition}", exist_ok=True)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    for index in range(posts):
        partition = index % partitions
        waiting[partition].append(encode(record(index)))
        if len(waiting[partition]) == per_object:
            flush(partition)
    for partition in range(partitions):
        flush(partition)


def write_landing(out, posts, per_object, partitions, seed):
    """Writes the topics `demo.pin`, `demo.geo` and `demo.user` below `out`/topics, then the mark of a whole landing."""
    records = Records(posts, seed)
    for topic, record in (("demo.pin", records.pin), ("demo.geo", records.geo), ("demo.user", records.user)):
        write_topic(out, topic, record, posts, per_object, partitions)
    with open(mark(out), "w", encoding="utf-8") as file:
        file.write(description(posts, per_object, partitions, seed))


def description(posts, per_object, partitions, seed):
    """What the mark of a landing says, so that another size is never taken for this one."""
    return f"posts={posts} per_object={per_object} partitions={partitions} seed={seed}\n"


def mark(out):
    """The file that exists only once the whole landing is written; it lies beside the topics, not among them."""
    return f"{out}/landing.txt"


def is_whole(out, posts, per_object, partitions, seed):
    """Whether `out` holds exactly the landing that `write_landing` would make of the same arguments."""
    try:
        with open(mark(out), encoding="utf-8") as file:
            return file.read() == description(posts, per_object, partitions, seed)
    except FileNotFoundError:
        return False


def main():
    parser = argparse.ArgumentParser(description="make a landing of pin, geo and user topics")
    parser.add_argument("out", help="the folder to make; topics/ lies below it")
    parser.add_argument("--posts", type=int, default=2_000_000)
    parser.add_argument("--per-object", type=int, default=100_000, help="records an object; 1 is flush.size=1")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    write_landing(arguments.out, arguments.posts, arguments.per_object, arguments.partitions, arguments.seed)


if __name__ == "__main__":
    main()
