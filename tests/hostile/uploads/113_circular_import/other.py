from work import slug

answer = slug('a')
