-- title: The country of the user with the most followers
-- about: Every country that ties is listed. As in question 03, posts without a country, a poster or a count take no part.

with countries as (
    select place.country, max(post.follower_count) as follower_count
    from pin as post
    join geo as place on place.ind = post.ind
    where place.country is not null and post.poster_name is not null and post.follower_count is not null
    group by place.country
)
select country, follower_count
from countries
where follower_count = (select max(follower_count) from countries)
order by country;
