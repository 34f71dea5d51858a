-- title: Median follower count by joining year, 2015-2020
-- about: Over posts with a follower count; the year is that of the user's date_joined.

with joined as (
    select date_part('year', person.date_joined) as post_year, post.follower_count
    from pin as post
    join user as person on person.ind = post.ind
    where post.follower_count is not null
)
select post_year, median(cast(follower_count as double)) as median_follower_count
from joined
where post_year between 2015 and 2020
group by post_year
order by post_year;
