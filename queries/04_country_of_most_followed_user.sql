-- title: The country of the user with the most followers
-- about: Every country that ties is listed. As in question 03, posts without a country, a poster or a count take no part.

with countries as (
    select place.country, max(post.follower_count) as follower_count
    from pin as post
    join geo as place on place.ind = post.ind
    where place.country is not null and post.poster_name is not null and post.follower_count is not null
    group by place.country
),
ranked as (
    -- rank() gives 1 to all that tie; over the countries, which are few, it costs less than a second pass for the maximum.
    select *, rank() over (order by follower_count desc) as place_of_all
    from countries
)
select country, follower_count
from ranked
where place_of_all = 1
order by country;
