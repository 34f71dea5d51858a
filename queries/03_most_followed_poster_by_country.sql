-- title: The poster with the most followers in each country
-- about: Every poster that ties is listed. Posts without a country, a poster or a follower count take no part.

with counted as (
    select place.country, post.poster_name, post.follower_count
    from pin as post
    join geo as place on place.ind = post.ind
    where place.country is not null and post.poster_name is not null and post.follower_count is not null
),
best as (
    -- A poster has many posts; the followers of one poster are a maximum, never a sum over the posts.
    select country, max(follower_count) as follower_count
    from counted
    group by country
)
-- Only the posts that show the country's maximum are left, so that few rows are told apart.
select distinct counted.country, counted.poster_name, counted.follower_count
from best
join counted on counted.country = best.country and counted.follower_count = best.follower_count
order by counted.country, counted.poster_name;
